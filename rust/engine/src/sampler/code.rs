//! Code objects, copied by memory read at first sight: they may be gone when the profile ends.

use rustc_hash::FxHashMap;

use super::interpreter::Interpreter;
use super::linetable::LineTable;
use super::memory::{int_at, word_at};
use super::stack::RawFrame;

/// Longest name, in characters, and longest location table, in bytes, that is believed.
const LONGEST_NAME: usize = 4096;
const LONGEST_TABLE: usize = 1 << 20;
/// Bytes from the start of a code object that hold what tells one from another, in every layout.
const IDENTITY_BYTES: usize = 208;

/// Index of a code object in the book.
pub type CodeId = u32;

/// What a profile says of a code object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Qualified name.
    pub function: String,
    /// File name as compiled.
    pub file: String,
    /// First line, 1-based; 0 where there is none.
    pub first_line: i32,
    lines: LineTable,
}

/// What must agree for an address to hold the same code object as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    filename: usize,
    qualname: usize,
    linetable: usize,
    first_line: i32,
    /// Not code of a program, but what the interpreter puts around a call: no instruction of it is ever traced.
    is_shim: bool,
}

/// What an address held, and the look at which that was last checked.
#[derive(Clone, Copy)]
struct Entry {
    identity: Identity,
    id: CodeId,
    look: u32,
}

/// Where a frame was found to be, and at which look.
#[derive(Clone, Copy)]
struct Recent {
    frame: RawFrame,
    look: u32,
    found: (CodeId, i32),
}

/// Looks for which an address is believed to hold what it held: a code object may be freed, and another take its place.
const LOOKS_TRUSTED: u32 = 16;
/// Frames of one stack that are remembered while it is resolved: recursion repeats them.
const N_RECENT: usize = 64;

/// All code objects seen, each once.
pub struct CodeBook {
    codes: Vec<Code>,
    by_address: FxHashMap<usize, Entry>,
    recent: [Recent; N_RECENT],
    look: u32,
    by_name: FxHashMap<(String, String, i32), CodeId>,
    scratch: Vec<u8>,
}

impl CodeBook {
    /// Stands for a callee that could not be read.
    pub const UNRESOLVED: CodeId = 0;

    /// A book with the one entry for what could not be read.
    pub fn new() -> Self {
        let unresolved = Code { function: "<unresolved>".into(), ..Code::default() };
        let nothing = Recent { frame: RawFrame { code: 0, instruction: 0 }, look: 0, found: (Self::UNRESOLVED, 0) };
        let recent = [nothing; N_RECENT];
        Self {
            codes: vec![unresolved],
            by_address: FxHashMap::default(),
            recent,
            look: 0,
            by_name: FxHashMap::default(),
            scratch: vec![0; IDENTITY_BYTES],
        }
    }

    /// The entry `id`.
    pub fn get(&self, id: CodeId) -> &Code {
        &self.codes[id as usize]
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// The entry of a code object that is known by its names only.
    pub fn named(&mut self, function: &str, file: &str, first_line: i32) -> CodeId {
        let key = (file.to_owned(), function.to_owned(), first_line);
        if let Some(&id) = self.by_name.get(&key) {
            return id;
        }
        let code = Code { function: function.into(), file: file.into(), first_line, lines: LineTable::default() };
        let id = self.add(code);
        self.by_name.insert(key, id);
        id
    }

    fn add(&mut self, code: Code) -> CodeId {
        self.codes.push(code);
        (self.codes.len() - 1) as CodeId
    }

    /// Begins another look: what addresses hold is checked again, once each.
    pub fn begin_look(&mut self) {
        self.look = self.look.wrapping_add(1);
    }

    /// Whether an address holds code that the interpreter itself puts on a stack, which no traceback shows.
    pub fn is_shim(&mut self, python: &Interpreter, address: usize) -> bool {
        if !self.by_address.contains_key(&address) {
            return self.identify(python, address).is_some_and(|identity| identity.is_shim);
        }
        self.by_address.get(&address).is_some_and(|entry| entry.identity.is_shim)
    }

    /// The entry of a frame's code object and the line it is at; `UNRESOLVED` where the memory holds no code object.
    pub fn resolve(&mut self, python: &Interpreter, frame: RawFrame) -> (CodeId, i32) {
        let slot = (frame.instruction >> 1 ^ frame.code >> 4) % N_RECENT;
        let recent = &self.recent[slot];
        if recent.frame == frame && recent.look == self.look {
            return recent.found;
        }
        let found = self.find(python, frame);
        self.recent[slot] = Recent { frame, look: self.look, found };
        found
    }

    fn find(&mut self, python: &Interpreter, frame: RawFrame) -> (CodeId, i32) {
        let Some(id) = self.known(python, frame.code) else {
            return (Self::UNRESOLVED, 0);
        };
        let code = &self.codes[id as usize];
        let start = frame.code + python.layout.code_start;
        // Before the first instruction counts as the first line.
        let unit = frame.instruction.saturating_sub(start) / 2;
        (id, code.lines.line_of(unit as u32).unwrap_or(code.first_line))
    }

    fn known(&mut self, python: &Interpreter, address: usize) -> Option<CodeId> {
        let entry = self.by_address.get(&address).copied();
        if let Some(entry) = entry.filter(|entry| self.look.wrapping_sub(entry.look) < LOOKS_TRUSTED) {
            return Some(entry.id);
        }
        let identity = self.identify(python, address)?;
        let id = match entry {
            Some(entry) if entry.identity == identity => entry.id,
            _ => {
                let code = read_code(python, identity)?;
                self.add(code)
            }
        };
        self.by_address.insert(address, Entry { identity, id, look: self.look });
        Some(id)
    }

    fn identify(&mut self, python: &Interpreter, address: usize) -> Option<Identity> {
        let layout = &python.layout;
        let head = &mut self.scratch[..];
        if !python.memory.read(address, head) || word_at(head, 8) != python.code_type {
            return None;
        }
        Some(Identity {
            filename: word_at(head, layout.code_filename),
            qualname: word_at(head, layout.code_qualname),
            linetable: word_at(head, layout.code_linetable),
            first_line: int_at(head, layout.code_firstlineno),
            is_shim: word_at(head, 16) <= int_at(head, layout.code_start - 16).max(0) as usize,
        })
    }
}

fn read_code(python: &Interpreter, identity: Identity) -> Option<Code> {
    let function = read_text(python, identity.qualname)?;
    let file = read_text(python, identity.filename)?;
    let table = read_bytes(python, identity.linetable)?;
    Some(Code {
        function,
        file,
        first_line: identity.first_line,
        lines: LineTable::decode(&table, identity.first_line),
    })
}

/// A Python `bytes` object.
fn read_bytes(python: &Interpreter, address: usize) -> Option<Vec<u8>> {
    let length = python.memory.word(address + 16)?;
    if length > LONGEST_TABLE {
        return None;
    }
    let mut bytes = vec![0; length];
    python.memory.read(address + 32, &mut bytes).then_some(bytes)
}

/// A Python `str` object of compact form, as all names are.
fn read_text(python: &Interpreter, address: usize) -> Option<String> {
    let mut head = [0; 40];
    if !python.memory.read(address, &mut head) {
        return None;
    }
    let length = word_at(&head, 16);
    let state = int_at(&head, 32);
    // The state's bits: interned (2), kind (3), compact (1), ascii (1).
    let flags = state >> 2;
    let (kind, is_compact, is_ascii) = ((flags & 0b111) as usize, flags & 0b1000 != 0, flags & 0b1_0000 != 0);
    if length > LONGEST_NAME || !is_compact || !matches!(kind, 1 | 2 | 4) {
        return None;
    }
    let start = address + if is_ascii { python.layout.ascii_head } else { python.layout.compact_head };
    let mut raw = vec![0; length * kind];
    if !python.memory.read(start, &mut raw) {
        return None;
    }
    Some(raw.chunks_exact(kind).map(|unit| char_of(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn char_of(unit: &[u8]) -> Option<char> {
    let mut value = [0; 4];
    value[..unit.len()].copy_from_slice(unit);
    char::from_u32(u32::from_ne_bytes(value))
}

impl Code {
    /// Whether this is the step of asyncio's event loop, in which the loop waits for its tasks.
    pub fn is_event_loop(&self) -> bool {
        self.function == "BaseEventLoop._run_once" && self.file.ends_with("base_events.py")
    }
}
