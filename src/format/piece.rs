//! One argument as a piece of a line: the common and short ones, which need no look at anything but their slot.

use super::layout::Layout;
use super::{REDACTED, escape, float, number};
use crate::codec::{Args, Walk, tag};

/// The longest text that is put together with others.
pub(super) const SHORT: usize = 64;
/// Room for anything that is put together: a number, a time stamp, a short text in quotes.
pub(super) const ROOM: usize = SHORT + 8;

const QUOTED_REDACTED: &[u8] = b"\"[REDACTED]\"";

/// An argument in the message, if it is a common and short one; returns its length.
#[inline(always)]
pub(super) fn in_message<L: Layout>(
    args: &Args<'_>,
    i: usize,
    walk: &mut Walk,
    room: &mut [u8; ROOM],
) -> Option<usize> {
    let (tag, slot) = args.slot(i);
    let (number, _) = room.split_first_chunk_mut()?;
    match tag {
        tag::I64 => Some(number::signed_digits(slot as i64, number)),
        tag::U64 => Some(number::digits(slot, number)),
        tag::F64 => {
            let value = f64::from_bits(slot);
            float::short(value, 0, number).or_else(|| float::plain(value, number))
        }
        tag::STR | tag::TEXT | tag::DEBUG => {
            let text = args.bytes(i, walk)?;
            (text.len() <= SHORT && escape::is_simple::<L::Text>(text)).then(|| short(text, room))
        }
        tag::REDACTED => Some(short(REDACTED, room)),
        _ => None,
    }
}

/// An argument as a field, if it is a common and short one; returns its length.
#[inline(always)]
pub(super) fn as_field<L: Layout>(
    args: &Args<'_>,
    i: usize,
    walk: &mut Walk,
    room: &mut [u8; ROOM],
) -> Option<usize> {
    let (tag, slot) = args.slot(i);
    let (number, _) = room.split_first_chunk_mut()?;
    match tag {
        tag::I64 => Some(number::signed_digits(slot as i64, number)),
        tag::U64 => Some(number::digits(slot, number)),
        tag::F64 => {
            let value = f64::from_bits(slot);
            let short = float::short(value, 2, number);
            short.or_else(|| value.is_finite().then(|| float::shortest(value, number)))
        }
        tag::STR | tag::TEXT | tag::DEBUG => {
            let text = args.bytes(i, walk)?;
            if text.len() > SHORT {
                return None;
            }
            if !simple_field::<L>(text)? {
                return Some(short(text, room));
            }
            room[0] = b'"';
            let end = 1 + short(text, &mut room[1..]);
            room[end] = b'"';
            Some(end + 1)
        }
        // It stands bare where anything does.
        tag::REDACTED if L::QUOTED_ALWAYS => Some(short(QUOTED_REDACTED, room)),
        tag::REDACTED => Some(short(REDACTED, room)),
        _ => None,
    }
}

/// Whether a field's text must stand in quotes; none if it needs escapes.
#[inline(always)]
fn simple_field<L: Layout>(text: &[u8]) -> Option<bool> {
    if L::QUOTED_ALWAYS || text.is_empty() || !escape::is_simple::<L::Bare>(text) {
        escape::is_simple::<L::Quoted>(text).then_some(true)
    } else {
        Some(false)
    }
}

/// An argument that is text without escapes, of whatever length; false if it is something else.
pub(super) fn long_text<L: Layout>(
    args: &Args<'_>,
    i: usize,
    field: bool,
    walk: &mut Walk,
    out: &mut Vec<u8>,
) -> bool {
    let text = match args.slot(i).0 {
        tag::STR | tag::TEXT | tag::DEBUG => args.bytes(i, walk).unwrap_or_default(),
        _ => return false,
    };
    let quoted = match field {
        true => simple_field::<L>(text),
        false => escape::is_simple::<L::Text>(text).then_some(false),
    };
    let quote: &[u8] = match quoted {
        // Damaged bytes are empty too.
        _ if text.is_empty() => return false,
        None => return false,
        Some(true) => b"\"",
        Some(false) => b"",
    };
    out.extend_from_slice(quote);
    out.extend_from_slice(text);
    out.extend_from_slice(quote);
    true
}

/// Copies a text of at most [`SHORT`] bytes by its two ends, which may overlap; returns its length.
#[inline(always)]
pub(super) fn short(text: &[u8], room: &mut [u8]) -> usize {
    #[inline(always)]
    fn ends<const N: usize>(text: &[u8], room: &mut [u8]) {
        if let (Some(head), Some(tail)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) {
            room[..N].copy_from_slice(head);
            room[text.len() - N..text.len()].copy_from_slice(tail);
        }
    }
    match text.len() {
        0 => {}
        1..4 => {
            let last = text.len() - 1;
            (room[0], room[last / 2], room[last]) = (text[0], text[last / 2], text[last]);
        }
        4..8 => ends::<4>(text, room),
        8..16 => ends::<8>(text, room),
        16..32 => ends::<16>(text, room),
        _ => ends::<32>(text, room),
    }
    text.len()
}
