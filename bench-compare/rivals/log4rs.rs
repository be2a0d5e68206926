//! `log4rs`, which writes in the call.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use log::LevelFilter;
use log4rs::append::file::FileAppender;
use log4rs::config::{Appender, Config, Root};
use log4rs::encode::Encode;
use log4rs::encode::json::JsonEncoder;
use log4rs::encode::pattern::PatternEncoder;
use std::path::Path;
use std::process::ExitCode;

struct Log4rs;

impl Rival for Log4rs {
    const ABOUT: About = About {
        title: "log4rs",
        package: "log4rs",
        config: "file appender (flushes every line), pattern or JSON encoder; context by \
                 log-mdc, as strings",
        synchronous: true,
        lossy: false,
        json: true,
        context: true,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Log4rs {
        let encoder: Box<dyn Encode> = match form {
            Form::Text => {
                Box::new(PatternEncoder::new("{d(%Y-%m-%dT%H:%M:%S%.6f)} {l} {t} {m}{n}"))
            }
            Form::Json => Box::new(JsonEncoder::new()),
        };
        let appender = FileAppender::builder().append(false).encoder(encoder).build(file);
        let appender = Appender::builder().build("file", Box::new(appender.expect("a new file")));
        let root = Root::builder().appender("file").build(LevelFilter::Info);
        let config = Config::builder().appender(appender).build(root).expect("a whole config");
        log4rs::init_config(config).expect("no other logger");
        Log4rs
    }

    text_calls!(log::info, log::debug);

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        log::info!(worker, n, px; "order filled");
    }

    #[inline(always)]
    fn json_context(&self, worker: u32, n: u64, px: f64) {
        log::info!(worker, n, px; "order filled");
    }

    fn in_context(&self, body: impl FnOnce()) {
        log_mdc::insert("service", "orders");
        log_mdc::insert("region", "eu-central-1");
        log_mdc::insert("tenant", "4711");
        log_mdc::insert("user", "u-20931");
        log_mdc::insert("trace", "4bf92f3577b34da6");
        body();
    }

    fn finish(self) {
        log::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<Log4rs>()
}
