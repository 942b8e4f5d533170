//! Code objects, copied by memory read at first sight: they may be gone when the profile ends.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use super::interpreter::Interpreter;
use super::linetable::LineTable;
use super::memory::{Gather, int_at, word_at};
use super::stack::RawFrame;

/// Longest name, in characters, and longest location table, in bytes, that is believed.
const LONGEST_NAME: usize = 4096;
const LONGEST_TABLE: usize = 1 << 20;
/// Bytes from the start of a code object that hold what tells one from another, in every layout.
const IDENTITY_BYTES: usize = 208;
/// Bytes of each name and of the location table that are compared, where an address is found to hold the same pointers.
const PRINT_BYTES: usize = 128;

/// Index of a code object in the book.
pub type CodeId = u32;

/// What a profile says of a code object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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

/// Addresses and lengths of the two names and the location table, and a hash of how they begin.
#[derive(Clone, Copy, Debug, Default)]
struct Print {
    parts: [Part; 3],
    hash: u64,
}

/// What an address held, and the looks at which that was found and last checked.
#[derive(Clone, Copy)]
struct Entry {
    identity: Identity,
    print: Print,
    id: CodeId,
    found: u64,
    checked: u64,
}

impl Entry {
    /// The look from which the address may hold something else: a code object may be freed, and another take its place.
    ///
    /// The longer one lived, the rarer such an end; what is charged wrongly is at most a quarter of its life.
    fn trusted_until(&self) -> u64 {
        let age = self.checked - self.found;
        self.checked + (age / 4).clamp(1, MOST_LOOKS_TRUSTED)
    }
}

/// Where a frame was found to be.
#[derive(Clone, Copy)]
pub struct Found {
    /// Its code object; `CodeBook::UNRESOLVED` where the memory holds none.
    pub code: CodeId,
    /// The line it is at, 1-based.
    pub line: i32,
    /// The look from which this has to be found again.
    pub until: u64,
}

/// Looks between two checks of what an address holds, at most.
const MOST_LOOKS_TRUSTED: u64 = 64;
/// Frames that are remembered: recursion repeats them, and so does the next look.
const N_RECENT: usize = 64;

/// All code objects seen, each once.
pub struct CodeBook {
    codes: Vec<Code>,
    by_address: FxHashMap<usize, Entry>,
    recent: [(RawFrame, Found); N_RECENT],
    look: u64,
    ids: FxHashMap<Code, CodeId>,
    scratch: Vec<u8>,
}

impl CodeBook {
    /// Stands for a callee that could not be read.
    pub const UNRESOLVED: CodeId = 0;
    const NOT_FOUND: Found = Found { code: Self::UNRESOLVED, line: 0, until: 0 };

    /// A book with the one entry for what could not be read.
    pub fn new() -> Self {
        let unresolved = Code { function: "<unresolved>".into(), ..Code::default() };
        let recent = [(RawFrame { code: 0, instruction: 0 }, Self::NOT_FOUND); N_RECENT];
        Self {
            codes: vec![unresolved],
            by_address: FxHashMap::default(),
            recent,
            look: 0,
            ids: FxHashMap::default(),
            scratch: vec![0; IDENTITY_BYTES + 3 * PRINT_BYTES],
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
        self.add(Code { function: function.into(), file: file.into(), first_line, lines: LineTable::default() })
    }

    fn add(&mut self, code: Code) -> CodeId {
        if let Some(&id) = self.ids.get(&code) {
            return id;
        }
        let id = self.codes.len() as CodeId;
        self.codes.push(code.clone());
        self.ids.insert(code, id);
        id
    }

    /// Begins another look and gives its number; some of what addresses hold is checked again, once each.
    pub fn begin_look(&mut self) -> u64 {
        self.look += 1;
        self.look
    }

    /// Whether an address holds code that the interpreter itself puts on a stack, which no traceback shows.
    pub fn is_shim(&mut self, python: &Interpreter, address: usize) -> bool {
        if !self.by_address.contains_key(&address) {
            return self.identify(python, address).is_some_and(|identity| identity.is_shim);
        }
        self.by_address.get(&address).is_some_and(|entry| entry.identity.is_shim)
    }

    /// What a frame's code object is, and where in it the frame is.
    pub fn resolve(&mut self, python: &Interpreter, frame: RawFrame) -> Found {
        let slot = (frame.instruction >> 1 ^ frame.code >> 4) % N_RECENT;
        let (known, found) = self.recent[slot];
        if known == frame && self.look < found.until {
            return found;
        }
        let found = self.find(python, frame);
        self.recent[slot] = (frame, found);
        found
    }

    fn find(&mut self, python: &Interpreter, frame: RawFrame) -> Found {
        let Some((id, until)) = self.known(python, frame.code) else {
            return Self::NOT_FOUND;
        };
        let code = &self.codes[id as usize];
        let start = frame.code + python.layout.code_start;
        // Before the first instruction counts as the first line.
        let unit = frame.instruction.saturating_sub(start) / 2;
        Found { code: id, line: code.lines.line_of(unit as u32).unwrap_or(code.first_line), until }
    }

    /// The look until which an address holds the code object that it held at the last look; `None` if it holds none or another.
    pub fn holds_until(&mut self, python: &Interpreter, address: usize) -> Option<u64> {
        let entry = self.by_address.get(&address).copied()?;
        self.confirm(python, address, entry)
    }

    fn known(&mut self, python: &Interpreter, address: usize) -> Option<(CodeId, u64)> {
        if let Some(entry) = self.by_address.get(&address).copied()
            && let Some(until) = self.confirm(python, address, entry)
        {
            return Some((entry.id, until));
        }
        let identity = self.identify(python, address)?;
        let (code, parts) = read_code(python, identity)?;
        let id = self.add(code);
        let print = Print { parts, hash: self.read(python, address, &parts)? };
        let entry = Entry { identity, print, id, found: self.look, checked: self.look };
        self.by_address.insert(address, entry);
        Some((id, entry.trusted_until()))
    }

    /// Where trust has run out, compares pointers and what they point to: freed, both may be taken again by code of the same shape.
    fn confirm(&mut self, python: &Interpreter, address: usize, entry: Entry) -> Option<u64> {
        if self.look < entry.trusted_until() {
            return Some(entry.trusted_until());
        }
        let holds = self.read(python, address, &entry.print.parts) == Some(entry.print.hash)
            && self.identity(python) == Some(entry.identity);
        let known = self.by_address.get_mut(&address).filter(|_| holds)?;
        known.checked = self.look;
        Some(known.trusted_until())
    }

    /// Copies the start of a code object, and how its parts begin, by one call; hash of the parts.
    fn read(&mut self, python: &Interpreter, address: usize, parts: &[Part]) -> Option<u64> {
        let wanted: usize = parts.iter().map(|part| part.1).sum();
        let mut gather = Gather::new();
        let (head, mut rest) = self.scratch.split_at_mut(IDENTITY_BYTES);
        gather.add(address, head);
        for &(start, length) in parts {
            let (piece, beyond) = rest.split_at_mut(length);
            gather.add(start, piece);
            rest = beyond;
        }
        let is_whole = gather.read(&python.memory) == IDENTITY_BYTES + wanted;
        let mut hasher = FxHasher::default();
        hasher.write(&self.scratch[IDENTITY_BYTES..IDENTITY_BYTES + wanted]);
        is_whole.then(|| hasher.finish())
    }

    fn identify(&mut self, python: &Interpreter, address: usize) -> Option<Identity> {
        self.read(python, address, &[])?;
        self.identity(python)
    }

    /// Of the code object that was copied last.
    fn identity(&self, python: &Interpreter) -> Option<Identity> {
        let (layout, head) = (&python.layout, &self.scratch[..IDENTITY_BYTES]);
        (word_at(head, 8) == python.code_type).then(|| Identity {
            filename: word_at(head, layout.code_filename),
            qualname: word_at(head, layout.code_qualname),
            linetable: word_at(head, layout.code_linetable),
            first_line: int_at(head, layout.code_firstlineno),
            is_shim: word_at(head, 16) <= int_at(head, layout.code_start - 16).max(0) as usize,
        })
    }
}

/// Where something lies in memory: its address, and how many of its bytes are compared.
type Part = (usize, usize);

fn part(address: usize, length: usize) -> Part {
    (address, length.min(PRINT_BYTES))
}

fn read_code(python: &Interpreter, identity: Identity) -> Option<(Code, [Part; 3])> {
    let (function, qualname) = read_text(python, identity.qualname)?;
    let (file, filename) = read_text(python, identity.filename)?;
    let (table, linetable) = read_bytes(python, identity.linetable)?;
    let lines = LineTable::decode(&table, identity.first_line);
    Some((Code { function, file, first_line: identity.first_line, lines }, [qualname, filename, linetable]))
}

/// A Python `bytes` object.
fn read_bytes(python: &Interpreter, address: usize) -> Option<(Vec<u8>, Part)> {
    let length = python.memory.word(address + 16)?;
    if length > LONGEST_TABLE {
        return None;
    }
    let mut bytes = vec![0; length];
    python.memory.read(address + 32, &mut bytes).then_some((bytes, part(address + 32, length)))
}

/// A Python `str` object of compact form, as all names are.
fn read_text(python: &Interpreter, address: usize) -> Option<(String, Part)> {
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
    let text = raw.chunks_exact(kind).map(|unit| char_of(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some((text, part(start, raw.len())))
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
