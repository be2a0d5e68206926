//! Time stamps: the calendar is worked out once a second, the microseconds every time.

use super::number;
use crate::codec::unix_time;
use std::time::SystemTime;

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Room for the text, in halves that are copied at once.
const ROOM: usize = 32;

/// How a time is written. All forms are in UTC but [`TimeForm::Local`].
///
/// ```
/// use ripsaw::format::{Json, Schema, TimeForm};
/// let format = Json::with(Schema::new().time(TimeForm::Millis))?;
/// # Ok::<(), ripsaw::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeForm {
    /// `2026-11-20T12:00:00.123456Z`
    #[default]
    Rfc3339,
    /// `2026-11-20T12:00:00.123Z`
    Rfc3339Millis,
    /// `2026-11-20T12:00:00.123456+00:00`
    Rfc3339Offset,
    /// `2026-11-20 12:00:00.123456`
    WithoutZone,
    /// The same in the time zone of the process (`TZ`, or the system's), without saying which.
    Local,
    /// Whole seconds since 1970: `1795176000`.
    Seconds,
    /// Seconds since 1970 with microseconds: `1795176000.123456`.
    SecondsDecimal,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// Nanoseconds since 1970.
    Nanos,
    /// The same as text, for readers to which every number is a float.
    NanosText,
}

impl TimeForm {
    /// Whether it is what [`Stamp::of`] writes.
    pub(super) const fn is_aligned(self) -> bool {
        use TimeForm::{Local, Rfc3339, Rfc3339Offset, WithoutZone};
        matches!(self, Rfc3339 | Rfc3339Offset | WithoutZone | Local)
    }
    /// Whether it is text, and not a number.
    pub(super) const fn is_text(self) -> bool {
        self.is_aligned() || matches!(self, TimeForm::Rfc3339Millis | TimeForm::NanosText)
    }
}

/// The last time stamp that was written.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    second: u64,
    text: [u8; ROOM],
    len: usize,
    form: TimeForm,
}

impl Stamp {
    pub(super) const fn new(form: TimeForm) -> Self {
        let (text, len) = match form {
            TimeForm::Rfc3339Offset => (b"1970-01-01T00:00:00.000000+00:00", 32),
            TimeForm::WithoutZone => (b"1970-01-01 00:00:00.000000      ", 26),
            TimeForm::Local => (b"1970-01-01 00:00:00.000000      ", 26),
            _ => (b"1970-01-01T00:00:00.000000Z     ", 27),
        };
        // No second: the text of the first one is not yet worked out where it depends on the zone.
        Stamp { second: u64::MAX, text: *text, len, form }
    }
    /// `2026-11-20T12:00:00.123456Z`
    pub(super) const fn rfc3339() -> Self {
        Stamp::new(TimeForm::Rfc3339)
    }

    /// `2026-11-20 12:00:00.123456`
    pub(super) const fn without_zone() -> Self {
        Stamp::new(TimeForm::WithoutZone)
    }

    /// The time that is so many nanoseconds after 1970: what the text begins with, and how long it is.
    #[inline(always)]
    pub(super) fn of(&mut self, unix_ns: u64) -> (&[u8; ROOM], usize) {
        let second = unix_ns / 1_000_000_000;
        if second != self.second {
            self.second = second;
            self.calendar();
        }
        let micros = (unix_ns % 1_000_000_000) as usize / 1000;
        self.pair(20, micros / 10_000);
        self.pair(22, micros / 100 % 100);
        self.pair(24, micros % 100);
        (&self.text, self.len)
    }

    /// Appends the time that is so many nanoseconds after 1970, in a form of fixed length.
    pub(super) fn put(&mut self, unix_ns: u64, out: &mut Vec<u8>) {
        let (text, len) = self.of(unix_ns);
        out.extend_from_slice(&text[..len]);
    }

    /// Appends the time that is so many nanoseconds after 1970, in whatever form.
    pub(super) fn put_any(&mut self, unix_ns: u64, out: &mut Vec<u8>) {
        match self.form {
            TimeForm::Rfc3339Millis => {
                out.extend_from_slice(&self.of(unix_ns).0[..23]);
                out.push(b'Z');
            }
            TimeForm::Seconds => number::unsigned(unix_ns / 1_000_000_000, out),
            TimeForm::SecondsDecimal => {
                number::unsigned(unix_ns / 1_000_000_000, out);
                out.push(b'.');
                let micros = (unix_ns % 1_000_000_000) as usize / 1000;
                for pair in [micros / 10_000, micros / 100 % 100, micros % 100] {
                    out.extend_from_slice(&PAIRS[pair]);
                }
            }
            TimeForm::Millis => number::unsigned(unix_ns / 1_000_000, out),
            TimeForm::Micros => number::unsigned(unix_ns / 1000, out),
            TimeForm::Nanos | TimeForm::NanosText => number::unsigned(unix_ns, out),
            _ => self.put(unix_ns, out),
        }
    }

    #[inline(always)]
    fn pair(&mut self, at: usize, number: usize) {
        self.text[at..at + 2].copy_from_slice(&PAIRS[number]);
    }

    #[cold]
    fn calendar(&mut self) {
        let second = match self.form {
            TimeForm::Local => {
                let offset = crate::os::zone_offset(self.second);
                self.second.saturating_add_signed(offset)
            }
            _ => self.second,
        };
        let (year, month, day) = date((second / 86_400) as i64);
        let year = year.unsigned_abs() as usize;
        let time = (second % 86_400) as usize;
        self.pair(0, year / 100 % 100);
        self.pair(2, year % 100);
        self.pair(5, month);
        self.pair(8, day);
        self.pair(11, time / 3600);
        self.pair(14, time / 60 % 60);
        self.pair(17, time % 60);
    }
}

/// Appends a date with its time of day in UTC, with microseconds. RFC 3339 has the years from 0 to 9999: others get a sign.
pub(super) fn moment(time: SystemTime, out: &mut Vec<u8>) {
    let (seconds, nanos) = unix_time(time);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    match year {
        0..=9999 => {}
        10_000.. => out.push(b'+'),
        _ => out.push(b'-'),
    }
    number::padded(year.unsigned_abs(), 4, out);
    let time = seconds.rem_euclid(86_400) as usize;
    for (before, pair) in
        [(b'-', month), (b'-', day), (b'T', time / 3600), (b':', time / 60 % 60), (b':', time % 60)]
    {
        out.push(before);
        out.extend_from_slice(&PAIRS[pair]);
    }
    out.push(b'.');
    number::padded(u64::from(nanos / 1000), 6, out);
    out.push(b'Z');
}

/// Year, month and day of the month, both from 1, of a day counted from 1970-01-01.
///
/// Years are counted from March, so that the day which not every year has is the last of its year,
/// its four years, its century and its four centuries. There is a year 0, and there are years before it. Every day of a
/// second that 64 bits hold has its date.
pub(super) fn date(day: i64) -> (i64, usize, usize) {
    const FROM_MARCH: [usize; 12] = [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];
    // 1970-01-01 is day 719468 counted from 0000-03-01.
    let day = day + 719_468;
    let (eras, mut left) = (day.div_euclid(146_097), day.rem_euclid(146_097) as usize);
    let centuries = (left / 36_524).min(3);
    left -= centuries * 36_524;
    let fours = left / 1461;
    left -= fours * 1461;
    let years = (left / 365).min(3);
    left -= years * 365;
    let mut month = 0;
    while left >= FROM_MARCH[month] {
        left -= FROM_MARCH[month];
        month += 1;
    }
    let year = eras * 400 + (centuries * 100 + fours * 4 + years) as i64;
    if month < 10 { (year, month + 3, left + 1) } else { (year + 1, month - 9, left + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(unix_ns: u64) -> String {
        let mut out = Vec::new();
        Stamp::rfc3339().put(unix_ns, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_moments() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
        ] {
            assert_eq!(text(seconds * 1_000_000_000), expected);
        }
        assert_eq!(text(u64::MAX), "2554-07-21T23:34:33.709551Z");
    }

    #[test]
    fn every_day_follows_the_day_before() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for n in 0..213_503 {
            assert_eq!(date(n), (year, month, day), "day {n}");
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 => 28 + usize::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > last {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn dates_of_all_years() {
        let text = |seconds: i64, nanos| {
            let span = std::time::Duration::from_secs(seconds.unsigned_abs());
            let epoch = std::time::UNIX_EPOCH;
            let time = if seconds < 0 { epoch.checked_sub(span) } else { epoch.checked_add(span) };
            let mut out = Vec::new();
            moment(time.unwrap() + std::time::Duration::from_nanos(nanos), &mut out);
            String::from_utf8(out).unwrap()
        };
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (-1, "1969-12-31T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (-62_135_596_800, "0001-01-01T00:00:00"),
            (-62_167_219_200, "0000-01-01T00:00:00"),
            (-62_167_219_201, "-0001-12-31T23:59:59"),
            (253_402_300_799, "9999-12-31T23:59:59"),
            (253_402_300_800, "+10000-01-01T00:00:00"),
            (i64::MAX, "+292277026596-12-04T15:30:07"),
            (i64::MIN, "-292277022657-01-27T08:29:52"),
        ] {
            assert_eq!(text(seconds, 0), format!("{expected}.000000Z"));
            assert_eq!(text(seconds, 1_999), format!("{expected}.000001Z"));
        }
    }

    #[test]
    fn the_cache_follows_time_in_both_directions() {
        let mut stamp = Stamp::without_zone();
        let mut at = |unix_ns| {
            let mut out = Vec::new();
            stamp.put(unix_ns, &mut out);
            String::from_utf8(out).unwrap()
        };
        let noon = 1_800_000_000_123_456_789;
        assert_eq!(at(noon), "2027-01-15 08:00:00.123456");
        assert_eq!(at(noon + 1_000), "2027-01-15 08:00:00.123457");
        assert_eq!(at(noon - 1_000_000_000), "2027-01-15 07:59:59.123456");
        assert_eq!(at(999), "1970-01-01 00:00:00.000000");
    }
}
