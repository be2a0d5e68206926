//! The lines of one statement, worked out once: what never changes is escaped and joined beforehand, what changes is a
//! step. Running a plan looks at neither the template nor the names of the fields.

use super::context::{CHUNK, Chunks, Context, KEPT, Keys, bound_fields, push_chunks};
use super::escape::Escaped;
use super::layout::{Layout, Parts, missing, pad};
use super::piece::{ROOM, as_field, in_message, long_text};
use super::target::Target;
use super::time::Stamp;
use super::{argument, escape, number, thread};
use crate::codec::{Record, Walk};
use crate::meta::{Level, Metadata, Piece, Spec};

/// Bytes that are put together before they are appended to the output.
const HELD: usize = 512;
/// What is at hand while lines are written.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) stamp: Stamp,
    pub(super) scratch: Vec<u8>,
    held: [u8; HELD],
    prefix: Escaped,
}

impl Desk {
    pub(super) const fn new(stamp: Stamp) -> Self {
        Desk { stamp, scratch: Vec::new(), held: [0; HELD], prefix: Escaped::new() }
    }
}

/// What the widest column is padded with: see [`Parts::column`].
const SPACES: [u8; 32] = [b' '; 32];

/// How the records of a statement become lines.
#[derive(Debug)]
pub(super) struct Plan {
    line: Line,
    /// The statement's own keys as they are written.
    keys: Keys,
    /// The last context that might share a key with the statement, and its fields without those that it shares.
    shared: Option<(u64, Chunks)>,
}

/// The steps to a line.
#[derive(Debug)]
struct Line {
    steps: Box<[Step]>,
    /// The fixed texts, each from the beginning of a chunk.
    chunks: Box<[[u8; CHUNK]]>,
    specs: Box<[Spec]>,
    target: Target,
}

/// Some fixed text, and then something that changes.
#[derive(Clone, Copy, Debug)]
struct Step {
    chunk: u32,
    len: u32,
    then: Then,
}

/// What changes from record to record. Numbers are positions of arguments.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// Nothing: the line ends.
    End,
    Stamp,
    /// The time in a form of no fixed length.
    Moment,
    Thread,
    ThreadId,
    Seq,
    /// The name of the bound logger.
    Target,
    /// In the message.
    Arg(u8),
    /// In the message, with the specification at this place.
    Spec(u8, u16),
    /// As a field.
    Field(u8),
    /// The bound fields.
    Context,
    /// The padded column begins.
    Column,
    /// The column ends; whether something follows in any case.
    Pad(u8, bool),
    /// A column of spaces, if bound fields follow.
    Blank(u8),
    /// The text before the message.
    Prefix,
    /// Something that the layout writes by itself.
    Whole(u8),
}

impl Plan {
    /// The plan for records of a statement, with or without a bound logger and a text before the message.
    pub(super) fn new<L: Layout>(
        layout: &L,
        meta: &'static Metadata,
        bound: bool,
        prefixed: bool,
    ) -> Plan {
        let mut compiler = Compiler {
            layout,
            meta,
            bound,
            prefixed,
            target: Target::default(),
            text: Vec::new(),
            steps: Vec::new(),
            chunks: Vec::new(),
            specs: Vec::new(),
        };
        layout.line(&mut compiler);
        compiler.raw(b"\n");
        compiler.then(Then::End);
        let Compiler { steps, chunks, specs, target, .. } = compiler;
        Plan {
            line: Line { steps: steps.into(), chunks: chunks.into(), specs: specs.into(), target },
            keys: Keys::new(meta.fields.iter().map(|key| layout.rename(key))),
            shared: None,
        }
    }

    /// Lets go of what was worked out for a large context.
    #[inline(always)]
    pub(super) fn keep_small(&mut self) {
        if self.shared.as_ref().is_some_and(|(_, fields)| fields.len > KEPT) {
            self.shared = None;
        }
    }

    /// Writes the line of a record of this plan's statement.
    ///
    /// Small pieces are put together in `held`, by steps that know how much room there is; whatever is rare or large goes
    /// to `out` itself.
    #[inline(always)]
    pub(super) fn run<L: Layout>(
        &mut self,
        layout: &L,
        record: &Record<'_>,
        context: Option<&Context>,
        desk: &mut Desk,
        out: &mut Vec<u8>,
    ) {
        let Desk { held, stamp, scratch, prefix } = desk;
        let (name, fields) = match context {
            None => (None, None),
            Some(context) => {
                let fields = match self.keys.may_meet(&context.keys) {
                    false => &context.fields,
                    true => shared(&mut self.shared, &self.keys, layout, record, context, scratch),
                };
                (context.name.as_deref(), Some(fields).filter(|fields| fields.len > 0))
            }
        };
        let args = record.args;
        let mut walk = Walk::default();
        // Bytes in `held`, and where the column began, counted from the beginning of `out`.
        let (mut at, mut column) = (0, 0);
        for step in &self.line.steps {
            if at > HELD - CHUNK - ROOM {
                hand_over(held, &mut at, out);
            }
            let (chunks, len) = (&self.line.chunks[step.chunk as usize..], step.len as usize);
            if len > CHUNK {
                hand_over(held, &mut at, out);
                out.extend_from_slice(&chunks.as_flattened()[..len]);
            } else {
                held[at..at + CHUNK].copy_from_slice(&chunks[0]);
                at += len;
            }
            let Some(room) = held[at..].first_chunk_mut::<ROOM>() else { continue };
            let written = match step.then {
                Then::End => break,
                Then::Stamp => {
                    let (text, len) = stamp.of(record.unix_ns());
                    room[..text.len()].copy_from_slice(text);
                    Some(len)
                }
                Then::Arg(i) => in_message::<L>(&args, i.into(), &mut walk, room),
                Then::Field(i) => as_field::<L>(&args, i.into(), &mut walk, room),
                Then::Column => {
                    column = out.len() + at;
                    Some(0)
                }
                Then::Pad(..) if fields.is_none() && !step.then.is_sure() => Some(0),
                Then::Pad(width, _) if column >= out.len() => {
                    room[..SPACES.len()].copy_from_slice(&SPACES);
                    Some(missing(&held[column - out.len()..at], width))
                }
                Then::Target => self.line.target.put(name, room),
                Then::Context => fields.map_or(Some(0), |fields| {
                    let room = held.get_mut(at..at + fields.chunks.len() * CHUNK)?;
                    for (room, chunk) in room.as_chunks_mut().0.iter_mut().zip(&fields.chunks) {
                        *room = *chunk;
                    }
                    Some(fields.len)
                }),
                _ => None,
            };
            if let Some(written) = written {
                at += written;
                continue;
            }
            hand_over(held, &mut at, out);
            match step.then {
                Then::Arg(i) if long_text::<L>(&args, i.into(), false, &mut walk, out) => {}
                Then::Field(i) if long_text::<L>(&args, i.into(), true, &mut walk, out) => {}
                Then::Arg(i) => {
                    argument::<L::Text>(args.get(i.into()), &Spec::NONE, scratch, out);
                }
                Then::Spec(i, spec) => {
                    let spec = &self.line.specs[usize::from(spec)];
                    argument::<L::Text>(args.get(i.into()), spec, scratch, out);
                }
                Then::Field(i) => layout.value(args.get(i.into()), scratch, out),
                Then::Context => out.extend_from_slice(fields.map_or(&[], Chunks::bytes)),
                Then::Thread => thread::<L::Text>(record.thread(), out),
                Then::Target => self.line.target.write(name, out),
                Then::Pad(width, _) => pad(column, width, out),
                Then::Blank(width) if fields.is_some() => {
                    out.extend_from_slice(&SPACES[..=usize::from(width)]);
                }
                Then::Blank(_) | Then::Column | Then::Stamp | Then::End => {}
                rare => write_rare(rare, layout, record, (stamp, scratch, prefix), out),
            }
        }
        hand_over(held, &mut at, out);
    }
}

impl Then {
    /// Whether something follows the column in any case.
    fn is_sure(self) -> bool {
        matches!(self, Then::Pad(_, true))
    }
}

/// Appends what few lines have. Not inlined: what is rare must not take registers from what is not.
#[inline(never)]
fn write_rare<L: Layout>(
    then: Then,
    layout: &L,
    record: &Record<'_>,
    (stamp, scratch, prefix): (&mut Stamp, &mut Vec<u8>, &mut Escaped),
    out: &mut Vec<u8>,
) {
    match then {
        Then::ThreadId => number::unsigned(record.thread().id, out),
        Then::Seq => number::unsigned(record.seq(), out),
        Then::Moment => stamp.put_any(record.unix_ns(), out),
        Then::Whole(part) => layout.whole(part, record, scratch, out),
        Then::Prefix => prefix.write::<L::Text>(record.prefix().as_bytes(), out),
        _ => {}
    }
}

/// Appends what is held.
#[inline(always)]
fn hand_over(held: &[u8; HELD], at: &mut usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&held[..*at]);
    *at = 0;
}

/// The bound fields without those whose keys the statement has too.
#[cold]
fn shared<'p, L: Layout>(
    cached: &'p mut Option<(u64, Chunks)>,
    keys: &Keys,
    layout: &L,
    record: &Record<'_>,
    context: &Context,
    scratch: &mut Vec<u8>,
) -> &'p Chunks {
    if cached.as_ref().is_none_or(|(serial, _)| *serial != context.serial) {
        *cached = None;
    }
    let (_, fields) = cached.get_or_insert_with(|| {
        let fields = record.bound.map(|bound| bound_fields(layout, bound, keys, scratch));
        (context.serial, fields.unwrap_or_default())
    });
    fields
}

/// Works out a plan.
struct Compiler<'l, L> {
    layout: &'l L,
    meta: &'static Metadata,
    bound: bool,
    prefixed: bool,
    target: Target,
    /// Fixed text since the last step.
    text: Vec<u8>,
    steps: Vec<Step>,
    chunks: Vec<[u8; CHUNK]>,
    specs: Vec<Spec>,
}

impl<L: Layout> Compiler<'_, L> {
    /// Ends the fixed text with a step.
    fn then(&mut self, then: Then) {
        let (chunk, len) = (self.chunks.len() as u32, self.text.len() as u32);
        push_chunks(&self.text, &mut self.chunks);
        self.text.clear();
        self.steps.push(Step { chunk, len, then });
    }
}

impl<L: Layout> Parts for Compiler<'_, L> {
    fn level(&self) -> Level {
        self.meta.level
    }
    fn has_message(&self) -> bool {
        self.prefixed || !self.meta.template.is_empty() || !self.meta.name.is_empty()
    }
    fn raw(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }
    fn escaped(&mut self, text: &str) {
        escape::escape::<L::Text>(text.as_bytes(), &mut self.text);
    }
    fn stamp(&mut self) {
        self.then(Then::Stamp);
    }
    fn moment(&mut self) {
        self.then(Then::Moment);
    }
    fn thread(&mut self) {
        self.then(Then::Thread);
    }
    fn thread_id(&mut self) {
        self.then(Then::ThreadId);
    }
    fn seq(&mut self) {
        self.then(Then::Seq);
    }
    fn target(&mut self, before: &[u8], after: &[u8]) {
        let mut own = Vec::new();
        if !self.meta.target.is_empty() {
            own.extend_from_slice(before);
            escape::escape::<L::Text>(self.meta.target.as_bytes(), &mut own);
            own.extend_from_slice(after);
        }
        if self.bound {
            self.target = Target { before: before.to_vec(), after: after.to_vec(), own };
            self.then(Then::Target);
        } else {
            self.raw(&own);
        }
    }
    fn message(&mut self) {
        if self.prefixed {
            self.then(Then::Prefix);
        }
        if self.meta.template.is_empty() {
            return self.escaped(self.meta.name);
        }
        for piece in self.meta.template {
            match *piece {
                Piece::Lit(text) => self.escaped(text),
                // No frame has more than 32 arguments; a position beyond the last is null, as it would be at 255.
                Piece::Arg(at, spec) if spec.is_none() => {
                    self.then(Then::Arg(at.min(u8::MAX.into()) as u8));
                }
                Piece::Arg(at, spec) => {
                    let place = self.specs.len() as u16;
                    self.specs.push(spec);
                    self.then(Then::Spec(at.min(u8::MAX.into()) as u8, place));
                }
            }
        }
    }
    fn column(&mut self, around: [&[u8]; 2], width: u8, sure: bool) {
        let sure = sure || !self.meta.fields.is_empty();
        if sure || self.has_message() {
            self.raw(around[0]);
            if sure || self.bound {
                self.then(Then::Column);
                self.message();
                self.then(Then::Pad(width, sure));
            } else {
                self.message();
            }
            self.raw(around[1]);
        } else if self.bound {
            self.then(Then::Blank(width));
        }
    }
    fn has_module(&self) -> bool {
        true
    }
    fn module(&mut self) {
        self.escaped(self.meta.module);
    }
    fn has_file(&self) -> bool {
        true
    }
    fn file(&mut self) {
        self.escaped(self.meta.file);
    }
    fn has_line(&self) -> bool {
        true
    }
    fn line(&mut self) {
        number::unsigned(self.meta.line.into(), &mut self.text);
    }
    fn fields(&mut self) {
        if self.bound {
            self.then(Then::Context);
        }
        let names = || self.meta.fields.iter().map(|key| self.layout.rename(key));
        let names: Vec<&str> = names().collect();
        for (at, key) in names.iter().enumerate() {
            let again = L::UNIQUE_KEYS && names[at + 1..].contains(key);
            if !again && !self.layout.lifts(self.meta.fields[at]) {
                self.layout.key(key, &mut self.text);
                self.then(Then::Field(at.min(u8::MAX.into()) as u8));
            }
        }
    }
    fn field(&mut self, name: &str) {
        if let Some(at) = self.meta.fields.iter().rposition(|key| *key == name) {
            self.layout.key(self.layout.rename(name), &mut self.text);
            self.then(Then::Field(at.min(u8::MAX.into()) as u8));
        }
    }
    fn whole(&mut self, part: u8) {
        self.then(Then::Whole(part));
    }
}
