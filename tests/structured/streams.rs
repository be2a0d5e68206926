//! Numbered events and their gaps.

use crate::Bench;
use ripsaw::{Arrival, EventStream, GapDetector};

#[test]
fn inv_111_event_streams_are_numbered() {
    let bench = Bench::new();
    let orders = EventStream::new("orders");
    assert_eq!(orders.emit("created", [("id", 7.into()), ("total", 12.5.into())]), Some(1));
    assert_eq!(orders.emit("paid", []), Some(2));
    assert_eq!(EventStream::starting_at("orders", 100).emit("x", []), Some(100));
    assert_eq!(
        bench.lines(),
        [
            r#""info","logger":"orders","event":"stream_event","stream":"orders","sequence":1,"event_type":"created","data":{"id":7,"total":12.5}}"#,
            r#""info","logger":"orders","event":"stream_event","stream":"orders","sequence":2,"event_type":"paid","data":{}}"#,
            r#""info","logger":"orders","event":"stream_event","stream":"orders","sequence":100,"event_type":"x","data":{}}"#,
        ]
    );
    let handle = bench.guard.handle();
    handle.set_filter("orders=off").expect("a filter");
    assert_eq!(orders.emit("disabled", []), None);
    handle.set_filter("orders=info").expect("a filter");
    assert_eq!(orders.emit("enabled", []), Some(3));
}

#[test]
fn inv_111_readers_find_gaps() {
    let bench = Bench::new();
    let orders = EventStream::new("orders");
    (0..10).for_each(|_| assert!(orders.emit("e", []).is_some()));
    let mut detector = GapDetector::new();
    let records = bench.records();
    let number = |i: usize| records[i]["sequence"].as_u64().expect("a number");
    let fed: Vec<_> = [0, 1, 5, 3, 2, 4, 3, 9].map(|i| detector.feed("orders", number(i))).into();
    use Arrival::{Duplicate, Gap, InOrder, Late};
    assert_eq!(fed, [InOrder, InOrder, Gap(3), Late, Late, Late, Duplicate, Gap(3)]);
    assert_eq!(detector.missing("orders"), [(7, 9)]);
    assert_eq!(detector.feed("orders", 8), Late);
    assert_eq!(detector.missing("orders"), [(7, 7), (9, 9)]);
    assert_eq!(detector.feed("others", 50), InOrder);
    assert!(detector.missing("others").is_empty() && detector.missing("unknown").is_empty());
}
