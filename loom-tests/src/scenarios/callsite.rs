//! A callsite's number, from the thread that registers it to the writer that looks it up.

use crate::ring::Ring;
use crate::rt::{Mutex, rounds, three};
use crate::stage::{Arena, Consumer, Producer};
use crate::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// One thread registers a callsite, under a lock, and stores its number in the callsite's word (Relaxed). Another thread
/// finds the number there and commits a record that names it. The writer finds the callsite in the list: whoever saw
/// the number came after the registration began, so the writer's lock comes after the registration's.
pub(super) fn lookup() {
    struct Stage {
        arena: Arena,
        ring: Ring,
        word: AtomicU32,
        sites: Mutex<Vec<&'static str>>,
    }
    let stage = Arc::new(Stage {
        arena: Arena::new(1, 4),
        ring: Ring::new(1),
        word: AtomicU32::new(0),
        sites: Mutex::default(),
    });
    let mut producer = Producer::new(0);
    assert!(producer.switch(&stage.arena, &stage.ring));
    let (here, there) = (stage.clone(), stage.clone());
    three(
        || {
            let mut consumer = Consumer::default();
            for _ in rounds(2) {
                if let Some(number) = consumer.take(&stage.arena, &stage.ring) {
                    let sites = stage.sites.lock().unwrap();
                    assert_eq!(sites.get(number as usize - 1), Some(&"a site"));
                }
            }
        },
        move || {
            let mut sites = here.sites.lock().unwrap();
            sites.push("a site");
            here.word.store(sites.len() as u32, Ordering::Relaxed);
        },
        move || {
            let number = there.word.load(Ordering::Relaxed);
            if number != 0 {
                producer.next = number.into();
                producer.commit(2);
            }
        },
    );
}
