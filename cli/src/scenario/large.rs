//! `large`: JSON lines of about one kilobyte in eight fields. The document's own "large" lines are
//! twice as long; the report states the true size.

use super::{LineFormat, Spec, basic};

pub(super) const SPEC: Spec = Spec {
    name: "large",
    what: "one thread, JSON: eight fields that make a line of about 1 KB",
    documented: 14_200.0,
    format: LineFormat::Json,
    weight: 5,
    line_bytes_at_most: 1_600,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const ROUTE: &str = "/api/v2/accounts/:account/portfolios/:portfolio/orders/:order/executions";
const CLIENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/131.0.0.0 Safari/537.36 trading-desk/9.12.4 (build; release)";
const TAGS: &str = "region:eu-central,zone:b,tier:gold,desk:equities,strategy:vwap,venue:primary,\
                    book:main,currency:eur,session:continuous,reviewed:yes";
const BODY: &str = "Execution report for a parent order that was split into child orders, worked \
over the session. The schedule followed the volume curve of the last twenty days, pausing twice \
while the spread was wider than the limit of the client. No child order was rejected by the venue. \
The average price is inside the arrival band, the participation stayed below the cap and the \
residual quantity was released to the closing auction. Settlement instructions were taken from \
the account and confirmed by the custodian.";

#[inline(always)]
pub(super) fn call(worker: u32, n: u64) {
    let px = basic::price(n);
    ripsaw::info!(
        target: "bench",
        worker = worker,
        n = n,
        px = px,
        trace = TRACE,
        route = ROUTE,
        client = CLIENT,
        tags = TAGS,
        body = BODY,
        "execution report"
    );
}
