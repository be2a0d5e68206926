//! A worker before it was switched: `examples/worker.rs` is the same with Ripsaw.
//!
//! `cargo run -p ripsaw-service --example worker_before`

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use tracing::{error, info, warn};

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
        match send(&mail) {
            Ok(bytes) => sum += bytes,
            Err(error) => error!(mail = mail.id, %error, "not sent"),
        }
    }
    sum
}

fn main() {
    tracing_subscriber::fmt().json().init();
    let (queue, mails) = channel();
    let worker = thread::spawn(|| work(mails));
    for (id, to) in (1..).zip(["ann@100", "bob@250", "nobody", "eve@home", "dan@50"]) {
        queue.send(Mail { id, to }).unwrap();
    }
    drop(queue);
    info!(bytes = worker.join().unwrap(), "all done");
}
