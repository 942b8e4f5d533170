//! One thread's Python stack, read from memory.

use super::interpreter::Interpreter;
use super::layout::FrameLink;
use super::memory::{Gather, PAGE, Window, int_at, word_at};

/// Frames of one stack that are read before the rest is left out.
const MOST_FRAMES: usize = 65_536;
/// Bytes of a thread state that are read: up to the last field of any layout.
const STATE_HEAD: usize = 256;
/// Owner of a frame that lives on its thread's stack and cannot be suspended.
const OWNED_BY_THREAD: u8 = 0;
/// Frames on one page, roughly: how far below the innermost frame it pays to read at once.
const FRAMES_PER_PAGE: usize = 36;
/// Low bits of a code reference that may be tags (3.14).
const TAG_BITS: usize = 0b111;

/// A frame as it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// Address of the code object.
    pub code: usize,
    /// Address of the instruction.
    pub instruction: usize,
}

/// What became of reading a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All frames were read.
    Complete,
    /// Something could not be read.
    Unreadable,
    /// The thread state is gone or belongs to another thread now.
    Gone,
}

/// What reading a thread's last stack taught for the next one: where things will be, so that one call reads them all.
#[derive(Clone, Debug, Default)]
pub struct Hint {
    cframe: usize,
    top: usize,
    low: usize,
    depth: usize,
    anchor: Anchor,
}

/// A frame that stands as long as the profile runs, and the frames beyond it, which therefore stand too.
#[derive(Clone, Debug, Default)]
struct Anchor {
    address: usize,
    code: usize,
    beyond: Vec<RawFrame>,
}

/// Reads stacks; keeps its buffers.
pub struct StackReader {
    window: Window,
    addresses: Vec<(usize, u8)>,
    n_standing: usize,
    shims: Vec<usize>,
}

impl StackReader {
    /// A reader with empty buffers.
    pub fn new() -> Self {
        Self { window: Window::new(), addresses: Vec::new(), n_standing: 0, shims: Vec::new() }
    }

    /// Reads the stack of the thread state at `state` into `frames`, innermost first.
    pub fn read(
        &mut self,
        python: &Interpreter,
        state: usize,
        native_id: i32,
        hint: &mut Hint,
        frames: &mut Vec<RawFrame>,
    ) -> Outcome {
        frames.clear();
        let pages = 1 + hint.depth / FRAMES_PER_PAGE;
        self.window.clear();
        let first = if python.is_in_runtime(state) {
            self.innermost_of_main(python, state, native_id, hint)
        } else {
            self.innermost(python, state, native_id, hint)
        };
        let Some(first) = first else {
            return Outcome::Gone;
        };
        let outcome = self.walk(python, first, pages, &hint.anchor, frames);
        if outcome == Outcome::Complete {
            (hint.depth, hint.top, hint.low) = (frames.len(), first, self.lowest_beside(first));
        }
        outcome
    }

    /// Lowest frame of the stretch of stack that the innermost frame stands on.
    fn lowest_beside(&self, first: usize) -> usize {
        let nearby = |&(at, _): &(usize, u8)| at <= first && first - at < (Window::MOST_PAGES - 1) * PAGE;
        self.addresses.iter().take_while(|entry| nearby(entry)).map(|&(at, _)| at).min().unwrap_or(first)
    }

    /// Notes that of the stack just read the outermost `n` frames and the one they call stand from now on.
    ///
    /// True of a frame that lives on its thread's stack, if its code is not run again, or never from elsewhere.
    pub fn anchor(&self, hint: &mut Hint, frames: &[RawFrame], n: usize) {
        let Some(k) = frames.len().checked_sub(n + 1) else {
            return;
        };
        if let Some(&(address, OWNED_BY_THREAD)) = self.addresses.get(k) {
            hint.anchor = Anchor { address, code: frames[k].code, beyond: frames[k + 1..].to_vec() };
        }
    }

    /// How many outermost frames of the stack just read were taken as they were, since they stand as long as the profile runs.
    pub fn n_standing(&self) -> usize {
        self.n_standing
    }

    /// Leaves out frames of this code from now on, and out of `frames`.
    pub fn leave_out(&mut self, code: usize, frames: &mut Vec<RawFrame>) {
        self.shims.push(code);
        let mut is_kept = frames.iter().map(|frame| frame.code != code);
        self.addresses.retain(|_| is_kept.next().unwrap_or(true));
        frames.retain(|frame| frame.code != code);
    }

    /// As `innermost`, where the thread state cannot vanish: only frames take a system call.
    fn innermost_of_main(&mut self, python: &Interpreter, state: usize, native_id: i32, hint: &Hint) -> Option<usize> {
        let layout = &python.layout;
        if python.word(state + layout.native_thread_id)? as i32 != native_id {
            return None;
        }
        let first = match layout.frame_link {
            FrameLink::Direct { current_frame } => python.word(state + current_frame)?,
            FrameLink::CFrame { cframe, current_frame } => match python.word(state + cframe)? {
                0 => 0,
                actual => python.word(actual + current_frame)?,
            },
        };
        // A C frame may be gone between the two loads, and then this is any word.
        if let Some(end) = first.checked_add(layout.frame_head).filter(|_| first != 0) {
            let is_near = hint.low <= first && first - hint.low < (Window::MOST_PAGES - 1) * PAGE;
            let mut gather = Gather::new();
            self.window.ask_whole(&mut gather, if is_near { hint.low } else { first / PAGE * PAGE }, end);
            let got = gather.read(&python.memory);
            self.window.accept_whole(got);
        }
        Some(first)
    }

    /// Address of the innermost frame, 0 where the thread has none; `None` where the thread state is not `native_id`'s.
    ///
    /// The same call brings the pages where the innermost frame was the last time.
    fn innermost(&mut self, python: &Interpreter, state: usize, native_id: i32, hint: &mut Hint) -> Option<usize> {
        let layout = &python.layout;
        let used = layout.native_thread_id + 8;
        let (mut head, mut guess) = ([0; STATE_HEAD], [0; 8]);
        let mut gather = Gather::new();
        gather.add(state, &mut head[..used]);
        let mut before = used;
        if let (FrameLink::CFrame { current_frame, .. }, true) = (layout.frame_link, hint.cframe != 0) {
            gather.add(hint.cframe + current_frame, &mut guess);
            before += 8;
        }
        if hint.top != 0 {
            self.window.ask_whole(&mut gather, hint.low.min(hint.top), hint.top / PAGE * PAGE + PAGE);
        }
        let got = gather.read(&python.memory);
        if got < used || int_at(&head, layout.native_thread_id) != native_id {
            return None;
        }
        self.window.accept_whole(got.saturating_sub(before));
        match layout.frame_link {
            FrameLink::Direct { current_frame } => Some(word_at(&head, current_frame)),
            FrameLink::CFrame { cframe, current_frame } => {
                let actual = word_at(&head, cframe);
                if actual == hint.cframe && got >= before {
                    return Some(usize::from_ne_bytes(guess));
                }
                hint.cframe = actual;
                if actual == 0 { Some(0) } else { python.memory.word(actual + current_frame) }
            }
        }
    }

    fn walk(
        &mut self,
        python: &Interpreter,
        first: usize,
        pages: usize,
        anchor: &Anchor,
        frames: &mut Vec<RawFrame>,
    ) -> Outcome {
        let layout = &python.layout;
        self.addresses.clear();
        self.n_standing = 0;
        let mut at = first;
        while at != 0 {
            if frames.len() == MOST_FRAMES {
                return Outcome::Unreadable;
            }
            let Some(frame) = self.window.get(&python.memory, at, layout.frame_head, pages) else {
                return Outcome::Unreadable;
            };
            let owner = frame[layout.frame_owner];
            if u16::from(owner) < layout.first_foreign_owner {
                let code = word_at(frame, layout.frame_code) & !TAG_BITS;
                if !self.shims.contains(&code) {
                    frames.push(RawFrame { code, instruction: word_at(frame, layout.frame_instruction) });
                    self.addresses.push((at, owner));
                }
                if at == anchor.address && code == anchor.code {
                    frames.extend_from_slice(&anchor.beyond);
                    self.n_standing = anchor.beyond.len();
                    break;
                }
            }
            at = word_at(frame, layout.frame_previous);
        }
        Outcome::Complete
    }
}
