//! A worker, switched: it was `examples/before/worker.rs`, and `cargo xtask ci` compares what both log.
//! Each job now has a context and two records of its own.
//!
//! `cargo run -p ripsaw-service --example worker`

use ripsaw::{error, info, warn};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// What is to be done.
struct Mail {
    id: u32,
    to: &'static str,
}

fn send(mail: &Mail) -> Result<u32, std::num::ParseIntError> {
    info!(mail = mail.id, to = mail.to, "sending");
    let Some((_, number)) = mail.to.split_once('@') else {
        warn!(mail = mail.id, "nobody to send it to");
        return Ok(0);
    };
    let bytes = number.parse::<u32>()?;
    info!(mail = mail.id, bytes, "sent");
    Ok(bytes)
}

fn work(mails: Receiver<Mail>) -> u32 {
    let mut sum = 0;
    for mail in mails {
        match ripsaw_service::Job::new("mailer", mail.id.to_string()).run(|| send(&mail)) {
            Ok(bytes) => sum += bytes,
            Err(error) => error!(mail = mail.id, %error, "not sent"),
        }
    }
    sum
}

fn main() {
    let _guard = ripsaw::builder().json().stdout().start().unwrap();
    let (queue, mails) = channel();
    let worker = thread::spawn(|| work(mails));
    for (id, to) in (1..).zip(["ann@100", "bob@250", "nobody", "eve@home", "dan@50"]) {
        queue.send(Mail { id, to }).unwrap();
    }
    drop(queue);
    info!(bytes = worker.join().unwrap(), "all done");
}
