//! One thread's Python stack, read from memory.

use super::interpreter::Interpreter;
use super::layout::FrameLink;
use super::memory::{Piece, Window, int_at, word_at};

/// Frames of one stack that are read before the rest is left out.
const MOST_FRAMES: usize = 65_536;
/// Bytes of a thread state that are read: up to the last field of any layout.
const STATE_HEAD: usize = 256;
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

/// What reading a thread's last stack taught for the next one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hint {
    cframe: usize,
    depth: usize,
}

/// Reads stacks; keeps its buffers.
pub struct StackReader {
    window: Window,
}

impl StackReader {
    /// A reader with empty buffers.
    pub fn new() -> Self {
        Self { window: Window::new() }
    }

    /// Reads the stack of the thread state at `state` into `frames`, innermost first.
    pub fn read(&mut self, python: &Interpreter, state: usize, native_id: i32, hint: &mut Hint, frames: &mut Vec<RawFrame>) -> Outcome {
        frames.clear();
        self.window.clear();
        let mut head = [0; STATE_HEAD];
        let Some(first) = innermost(python, state, native_id, hint, &mut head) else {
            return Outcome::Gone;
        };
        let outcome = self.walk(python, first, hint.depth, frames);
        if outcome == Outcome::Complete {
            hint.depth = frames.len();
        }
        outcome
    }

    fn walk(&mut self, python: &Interpreter, first: usize, depth: usize, frames: &mut Vec<RawFrame>) -> Outcome {
        let layout = &python.layout;
        let pages = 1 + depth / FRAMES_PER_PAGE;
        let mut at = first;
        while at != 0 {
            if frames.len() == MOST_FRAMES {
                return Outcome::Unreadable;
            }
            let Some(frame) = self.window.get(&python.memory, at, layout.frame_head, pages) else {
                return Outcome::Unreadable;
            };
            if u16::from(frame[layout.frame_owner]) < layout.first_foreign_owner {
                let code = word_at(frame, layout.frame_code) & !TAG_BITS;
                frames.push(RawFrame { code, instruction: word_at(frame, layout.frame_instruction) });
            }
            at = word_at(frame, layout.frame_previous);
        }
        Outcome::Complete
    }
}

/// Address of the innermost frame, 0 where the thread has none; `None` where the thread state is not `native_id`'s.
fn innermost(python: &Interpreter, state: usize, native_id: i32, hint: &mut Hint, head: &mut [u8; STATE_HEAD]) -> Option<usize> {
    let layout = &python.layout;
    let used = layout.native_thread_id + 8;
    let owner = |head: &[u8]| (int_at(head, layout.native_thread_id) == native_id).then_some(());
    match layout.frame_link {
        FrameLink::Direct { current_frame } => {
            python.memory.read(state, &mut head[..used]).then_some(())?;
            owner(head)?;
            Some(word_at(head, current_frame))
        }
        FrameLink::CFrame { cframe, current_frame } => {
            // One call reads the state and, where the C frame still lies where it lay, the C frame too.
            let mut guess = [0; 8];
            let got = python.memory.read_pieces(&mut [
                Piece { address: state, into: &mut head[..used] },
                Piece { address: hint.cframe + current_frame, into: &mut guess },
            ]);
            (got >= used).then_some(())?;
            owner(head)?;
            let actual = word_at(head, cframe);
            if actual == hint.cframe && got == used + 8 {
                return Some(usize::from_ne_bytes(guess));
            }
            hint.cframe = actual;
            if actual == 0 { Some(0) } else { python.memory.word(actual + current_frame) }
        }
    }
}
