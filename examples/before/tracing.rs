//! A program of the `tracing` crate before it was switched: `examples/tracing.rs` is the same with Ripsaw.
//!
//! `cargo run --example tracing_before`

use tracing::{Instrument, debug, info, info_span, instrument, warn};

#[derive(Debug)]
struct Order {
    id: u64,
    lines: u32,
}

#[instrument(skip(order), fields(order.id = order.id, total))]
fn charge(order: &Order) -> Result<u32, std::io::Error> {
    let total = order.lines * 7;
    tracing::Span::current().record("total", total);
    debug!(currency = "EUR", "charging");
    if order.lines > 2 {
        warn!(limit = 2, "too many lines");
        return Err(std::io::Error::other("refused"));
    }
    Ok(total)
}

async fn handle(order: Order) {
    match charge(&order) {
        Ok(total) => info!(total, "charged"),
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, ?order, "failed"),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG).init();

    let server = info_span!("server", port = 8080).entered();
    info!("listening");
    for id in 1..=3 {
        let task = handle(Order { id, lines: id as u32 }).instrument(info_span!("request", id));
        block_on(task);
    }
    drop(server);
    Ok(())
}

/// For a future that never waits.
fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}
