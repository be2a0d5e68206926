//! The frame that every rival is compiled into: command line, threads, clocks, report.
//!
//! A rival's file says how to start, how to log, and how to have everything in the file. It never
//! counts or checks anything: the program that started it reads the file afterwards.

mod endings;
mod latency;
mod sys;
#[macro_use]
#[allow(unused_macros, reason = "not every rival needs every macro")]
pub(crate) mod workload;

use latency::Latency;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;
use sys::Usage;
use workload::{Call, Workload, price, share};
pub(crate) use workload::{Form, Payload};

/// What a rival says about itself.
#[derive(Debug)]
pub(crate) struct About {
    /// Its name in the tables.
    pub(crate) title: &'static str,
    /// The package whose version is shown.
    pub(crate) package: &'static str,
    /// How it is configured, for the notes under the tables.
    pub(crate) config: &'static str,
    /// It writes in the call.
    pub(crate) synchronous: bool,
    /// It may drop records although it is configured in the best way it offers.
    pub(crate) lossy: bool,
    /// [`Rival::json`] exists.
    pub(crate) json: bool,
    /// [`Rival::json_context`] exists.
    pub(crate) context: bool,
    /// It may be called from several threads.
    pub(crate) threads: bool,
    /// It has a level below which a call writes nothing: [`Rival::disabled`] exists.
    pub(crate) level: bool,
}

/// A logger under comparison. The calls must use the macros of [`workload`].
pub(crate) trait Rival: Sized + Sync {
    const ABOUT: About;

    /// Starts it so that it writes records of INFO and above to a new file.
    fn start(file: &Path, form: Form) -> Self;

    /// The same for a process that will not end in order: with all that the rival offers for that.
    fn start_for_any_end(file: &Path) -> Self {
        Self::start(file, Form::Text)
    }

    /// What the rival's documentation says a thread should do before it logs.
    fn prepare_thread(&self) {}

    /// `basic_line!`
    fn basic(&self, worker: u32, n: u64, px: f64);

    /// `string_line!`
    fn string(&self, worker: u32, n: u64, text: &str);

    /// `large_line!`
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload);

    /// `basic_line!` at DEBUG, which is below the level.
    fn disabled(&self, _worker: u32, _n: u64, _px: f64) {
        unreachable!("not offered")
    }

    /// The message "order filled" and the fields `worker`, `n`, `px`.
    fn json(&self, _worker: u32, _n: u64, _px: f64) {
        unreachable!("not offered")
    }

    /// The same in the context of [`Rival::in_context`].
    fn json_context(&self, _worker: u32, _n: u64, _px: f64) {
        unreachable!("not offered")
    }

    /// Runs `body` with five bound fields: `service` "orders", `region` "eu-central-1", `tenant`
    /// 4711, `user` "u-20931", `trace` "4bf92f3577b34da6".
    fn in_context(&self, body: impl FnOnce()) {
        body();
    }

    /// Returns when every record is in the file.
    fn finish(self);
}

/// What a run found out about itself.
struct Report {
    messages: u64,
    /// From the first call until `finish` returned.
    seconds: f64,
    /// From the first call until the last one returned.
    producing: f64,
    cpu_seconds: f64,
    peak_bytes: u64,
    /// The size of the file when `finish` returned.
    bytes: u64,
    latency: Option<Latency>,
}

/// The program of a rival: `about`, `run WORKLOAD MESSAGES FILE`, or `end ENDING MESSAGES FILE`.
pub(crate) fn main<R: Rival + 'static>() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["about"] => println!("{}", about(&R::ABOUT)),
        ["run", workload, messages, file] => {
            let workload = Workload::ALL.iter().find(|known| known.name == workload);
            let (Some(workload), Ok(messages)) = (workload, messages.parse()) else {
                eprintln!("no such workload or number");
                return ExitCode::from(2);
            };
            let report = run::<R>(workload, messages, &PathBuf::from(file));
            println!("{}", report.json(workload.name));
        }
        ["end", ending, messages, file] => {
            let messages = messages.parse().unwrap_or(0);
            if endings::play::<R>(ending, messages, Path::new(file)).is_none() {
                eprintln!("no such ending");
                return ExitCode::from(2);
            }
        }
        _ => {
            eprintln!("usage: about | run WORKLOAD MESSAGES FILE | end ENDING MESSAGES FILE");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// One JSON line; the strings hold nothing that needs an escape, except quotes.
fn about(about: &About) -> String {
    let config = about.config.replace('\\', "\\\\").replace('"', "\\\"");
    let workloads: Vec<String> = Workload::ALL
        .iter()
        .filter(|workload| match workload.call {
            Call::Json => about.json,
            Call::JsonContext => about.context,
            _ => about.threads || workload.threads == 1,
        })
        .map(|workload| format!("\"{}\"", workload.name))
        .collect();
    format!(
        "{{\"title\":\"{}\",\"package\":\"{}\",\"config\":\"{config}\",\"synchronous\":{},\
         \"lossy\":{},\"workloads\":[{}]}}",
        about.title,
        about.package,
        about.synchronous,
        about.lossy,
        workloads.join(",")
    )
}

fn run<R: Rival>(workload: &Workload, messages: u64, file: &Path) -> Report {
    let rival = R::start(file, workload.form());
    let payload = Payload::new();
    if workload.latency {
        return latency(rival, workload.call, messages, file);
    }
    match workload.call {
        Call::Basic => throughput(rival, workload, messages, file, |rival, worker, n| {
            rival.basic(worker, n, price(n));
        }),
        Call::String35 => throughput(rival, workload, messages, file, |rival, worker, n| {
            rival.string(worker, n, &payload.text);
        }),
        Call::Large => throughput(rival, workload, messages, file, |rival, worker, n| {
            rival.large(worker, n, price(n), &payload);
        }),
        Call::Json => throughput(rival, workload, messages, file, |rival, worker, n| {
            rival.json(worker, n, price(n));
        }),
        Call::JsonContext => throughput(rival, workload, messages, file, |rival, worker, n| {
            rival.json_context(worker, n, price(n));
        }),
    }
}

/// Makes all calls from the workload's threads, which start together.
fn throughput<R: Rival>(
    rival: R,
    workload: &Workload,
    messages: u64,
    file: &Path,
    call: impl Fn(&R, u32, u64) + Copy + Send + Sync,
) -> Report {
    let gate = Barrier::new(workload.threads as usize);
    let cpu = Usage::now().cpu_seconds;
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workload.threads)
            .map(|worker| {
                let (rival, gate) = (&rival, &gate);
                let calls = share(messages, workload.threads, worker);
                scope.spawn(move || {
                    rival.prepare_thread();
                    let mut span = None;
                    let mut body = || {
                        gate.wait();
                        let started = Instant::now();
                        for n in 0..calls {
                            call(rival, worker, n);
                        }
                        span = Some((started, Instant::now()));
                    };
                    match workload.call {
                        Call::JsonContext => rival.in_context(body),
                        _ => body(),
                    }
                    span.expect("the context ran its body")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no call panics")).collect()
    });
    rival.finish();
    let ended = Instant::now();
    let bytes = size(file);
    let usage = Usage::now();
    let started = spans.iter().map(|span| span.0).min().unwrap_or(ended);
    let produced = spans.iter().map(|span| span.1).max().unwrap_or(ended);
    Report {
        messages,
        seconds: (ended - started).as_secs_f64(),
        producing: (produced - started).as_secs_f64(),
        cpu_seconds: usage.cpu_seconds - cpu,
        peak_bytes: usage.peak_bytes,
        bytes,
        latency: None,
    }
}

/// Times single calls, in `bursts` bursts.
fn latency<R: Rival>(rival: R, call: Call, bursts: u64, file: &Path) -> Report {
    let (started, cpu) = (Instant::now(), Usage::now().cpu_seconds);
    let disabled = R::ABOUT.level.then_some(|n| rival.disabled(0, n, price(n)));
    let (latency, messages) = thread::scope(|scope| {
        let body = || {
            let lossy = R::ABOUT.lossy;
            rival.prepare_thread();
            let mut found = None;
            match call {
                Call::Json => {
                    let call = |n| rival.json(0, n, price(n));
                    found = Some(latency::measure(bursts, lossy, call, disabled));
                }
                Call::JsonContext => rival.in_context(|| {
                    let call = |n| rival.json_context(0, n, price(n));
                    found = Some(latency::measure(bursts, lossy, call, disabled));
                }),
                _ => {
                    let call = |n| rival.basic(0, n, price(n));
                    found = Some(latency::measure(bursts, lossy, call, disabled));
                }
            }
            found.expect("the context ran its body")
        };
        scope.spawn(body).join().expect("no call panics")
    });
    rival.finish();
    let usage = Usage::now();
    let seconds = started.elapsed().as_secs_f64();
    Report {
        messages,
        seconds,
        producing: seconds,
        cpu_seconds: usage.cpu_seconds - cpu,
        peak_bytes: usage.peak_bytes,
        bytes: size(file),
        latency: Some(latency),
    }
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |found| found.len())
}

impl Report {
    fn json(&self, workload: &str) -> String {
        let latency = self.latency.map_or_else(String::new, |l| {
            let disabled = l.disabled.map_or("null".to_owned(), |ns| format!("{ns:.3}"));
            format!(
                ",\"latency\":{{\"p50\":{:.2},\"p99\":{:.2},\"p99_9\":{:.2},\"typical\":{:.2},\
                 \"burst\":{:.2},\"cold\":{:.2},\"timer\":{:.2},\"disabled\":{disabled},\
                 \"idle_cpu\":{:.5}}}",
                l.p50, l.p99, l.p99_9, l.typical, l.burst, l.cold, l.timer, l.idle_cpu
            )
        });
        format!(
            "{{\"workload\":\"{workload}\",\"messages\":{},\"seconds\":{:.6},\"producing\":{:.6},\
             \"cpu_seconds\":{:.6},\"peak_bytes\":{},\"bytes\":{}{latency}}}",
            self.messages,
            self.seconds,
            self.producing,
            self.cpu_seconds,
            self.peak_bytes,
            self.bytes
        )
    }
}
