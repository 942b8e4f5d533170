//! Where CPython keeps what a stack reader needs, per minor version.
//!
//! 3.11 and 3.12: tables made with `offsetof` from the released headers. 3.13 and later publish `_Py_DebugOffsets` at the start of
//! `_PyRuntime`; its own shape still differs per minor version. Nothing here is believed until the self-check has compared a stack.

use super::memory::{Memory, word_at};
use crate::EngineError;

/// How a thread state leads to its innermost frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameLink {
    /// 3.11, 3.12: thread state -> C frame -> frame.
    CFrame {
        /// Offset of the C frame's address in the thread state.
        cframe: usize,
        /// Offset of the frame's address in the C frame.
        current_frame: usize,
    },
    /// 3.13 on: thread state -> frame.
    Direct {
        /// Offset of the frame's address in the thread state.
        current_frame: usize,
    },
}

/// Where the interpreter's lock is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GilPlace {
    /// 3.11: inside the runtime, at this offset.
    Runtime(usize),
    /// 3.12 on: behind a pointer at this offset of each interpreter.
    Interpreter(usize),
}

/// Offsets in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// First interpreter, in the runtime.
    pub interpreters_head: usize,
    /// Next interpreter, in an interpreter.
    pub interpreter_next: usize,
    /// First thread state, in an interpreter.
    pub threads_head: usize,
    /// Size of an interpreter.
    pub interpreter_size: usize,
    /// Next thread state, in a thread state.
    pub thread_next: usize,
    /// `pthread_t`, in a thread state.
    pub thread_id: usize,
    /// Kernel's thread id, in a thread state.
    pub native_thread_id: usize,
    /// The way to the innermost frame.
    pub frame_link: FrameLink,
    /// The interpreter's lock.
    pub gil: GilPlace,
    /// Code object, in a frame (low bits may hold tags).
    pub frame_code: usize,
    /// Caller's frame, in a frame.
    pub frame_previous: usize,
    /// Instruction pointer, in a frame.
    pub frame_instruction: usize,
    /// Owner byte, in a frame.
    pub frame_owner: usize,
    /// From this owner on a frame is no Python frame (256: none).
    pub first_foreign_owner: u16,
    /// Bytes of a frame that are read.
    pub frame_head: usize,
    /// File name, in a code object.
    pub code_filename: usize,
    /// Qualified name, in a code object.
    pub code_qualname: usize,
    /// Location table, in a code object.
    pub code_linetable: usize,
    /// First line, in a code object.
    pub code_firstlineno: usize,
    /// First instruction, in a code object.
    pub code_start: usize,
    /// Bytes before the text of a compact ASCII string.
    pub ascii_head: usize,
    /// Bytes before the text of another compact string.
    pub compact_head: usize,
}

/// In the GIL's structure: last holder, locked, switches (same in 3.11 to 3.14).
pub const GIL_HOLDER: usize = 8;
/// Offset of `locked`.
pub const GIL_LOCKED: usize = 16;
/// Offset of `switch_number`.
pub const GIL_SWITCHES: usize = 24;

impl Layout {
    /// The layout of an interpreter of version `version` (its `PY_VERSION_HEX`) whose runtime lies at `runtime`.
    ///
    /// # Errors
    /// `EngineError::Layout` for a version that has no table, and for a build without a GIL.
    pub fn of(version: u64, runtime: usize, memory: &Memory) -> Result<Self, EngineError> {
        match (version >> 24, (version >> 16) & 0xFF) {
            (3, 11) => Ok(python_3_11()),
            (3, 12) => Ok(python_3_12()),
            (3, minor @ (13 | 14)) => published(minor, runtime, memory),
            (major, minor) => Err(EngineError::Layout(format!("CPython {major}.{minor}, known are 3.11 to 3.14"))),
        }
    }
}

fn python_3_11() -> Layout {
    Layout {
        interpreters_head: 40,
        interpreter_next: 0,
        threads_head: 16,
        interpreter_size: 107_752,
        thread_next: 8,
        thread_id: 152,
        native_thread_id: 160,
        frame_link: FrameLink::CFrame { cframe: 56, current_frame: 8 },
        gil: GilPlace::Runtime(360),
        frame_code: 32,
        frame_previous: 48,
        frame_instruction: 56,
        frame_owner: 69,
        first_foreign_owner: 256,
        frame_head: 72,
        code_filename: 112,
        code_qualname: 128,
        code_linetable: 136,
        code_firstlineno: 72,
        code_start: 184,
        ascii_head: 48,
        compact_head: 72,
    }
}

fn python_3_12() -> Layout {
    Layout {
        interpreters_head: 40,
        interpreter_next: 0,
        threads_head: 72,
        interpreter_size: 383_552,
        thread_next: 8,
        thread_id: 136,
        native_thread_id: 144,
        frame_link: FrameLink::CFrame { cframe: 56, current_frame: 0 },
        gil: GilPlace::Interpreter(384),
        frame_code: 0,
        frame_previous: 8,
        frame_instruction: 56,
        frame_owner: 70,
        first_foreign_owner: 3,
        frame_head: 72,
        code_filename: 112,
        code_qualname: 128,
        code_linetable: 136,
        code_firstlineno: 68,
        code_start: 192,
        ascii_head: 40,
        compact_head: 56,
    }
}

/// 3.13 and 3.14: word numbers in `_Py_DebugOffsets` of (interpreter, thread, frame, code) groups.
fn published(minor: u64, runtime: usize, memory: &Memory) -> Result<Layout, EngineError> {
    let mut raw = [0_u8; 50 * 8];
    if !memory.read(runtime, &mut raw) || &raw[..8] != b"xdebugpy" {
        return Err(EngineError::Layout("no debug offsets at the start of the runtime".into()));
    }
    let word = |k: usize| word_at(&raw, k * 8);
    if (word(1) >> 16) & 0xFF != minor as usize {
        return Err(EngineError::Layout(format!("debug offsets of another version: {:#x}", word(1))));
    }
    if word(2) != 0 {
        return Err(EngineError::Layout("a build without a GIL".into()));
    }
    // The interpreter group has 13 words in 3.13; 3.14 added `threads_main` and two at its end.
    let (gil, thread, frame, code) = if minor == 13 { (14, 19, 28, 34) } else { (15, 22, 31, 39) };
    Ok(Layout {
        interpreters_head: word(5),
        interpreter_next: word(8),
        threads_head: word(9),
        interpreter_size: word(6),
        thread_next: word(thread + 2),
        thread_id: word(thread + 5),
        native_thread_id: word(thread + 6),
        frame_link: FrameLink::Direct { current_frame: word(thread + 4) },
        gil: GilPlace::Interpreter(word(gil)),
        frame_code: word(frame + 2),
        frame_previous: word(frame + 1),
        frame_instruction: word(frame + 3),
        frame_owner: word(frame + 5),
        first_foreign_owner: 3,
        frame_head: word(frame + 4),
        code_filename: word(code + 1),
        code_qualname: word(code + 3),
        code_linetable: word(code + 4),
        code_firstlineno: word(code + 5),
        code_start: word(code + 9),
        ascii_head: 40,
        compact_head: 56,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_versions_are_named() {
        let memory = Memory::of_this_process();
        let error = Layout::of(0x030A_0000, 0, &memory);
        assert_eq!(error, Err(EngineError::Layout("CPython 3.10, known are 3.11 to 3.14".into())));
    }

    #[test]
    fn a_runtime_without_debug_offsets_is_refused() {
        let memory = Memory::of_this_process();
        let runtime = [0_u8; 512];
        assert!(Layout::of(0x030D_0000, runtime.as_ptr() as usize, &memory).is_err());
    }
}
