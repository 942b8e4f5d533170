//! Reads of the own process's memory that answer "no" where a plain load would crash.
//!
//! `process_vm_readv` on the own process: another thread may free what is read at any moment, and then it returns an error.

use libc::{c_ulong, c_void, iovec, pid_t};

/// Size of a memory page on every Linux machine this runs on, bytes; a frame's page is mapped as a whole.
pub const PAGE: usize = 4096;

/// Reader of the own process's memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pid: pid_t,
}

/// One piece to read: where it lies, and where it goes.
pub struct Piece<'a> {
    /// Address in the process.
    pub address: usize,
    /// Filled completely, or the read failed.
    pub into: &'a mut [u8],
}

impl Memory {
    /// A reader of this process.
    pub fn of_this_process() -> Self {
        // SAFETY: getpid has no preconditions.
        Self { pid: unsafe { libc::getpid() } }
    }

    /// Bytes read, from the first piece on; fewer than asked for where memory is not mapped.
    pub fn read_pieces<const N: usize>(&self, pieces: &mut [Piece<'_>; N]) -> usize {
        let mut local = [iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; N];
        let mut remote = local;
        for (k, piece) in pieces.iter_mut().enumerate() {
            local[k] = iovec { iov_base: piece.into.as_mut_ptr().cast::<c_void>(), iov_len: piece.into.len() };
            remote[k] = iovec { iov_base: piece.address as *mut c_void, iov_len: piece.into.len() };
        }
        self.transfer(&local, &remote)
    }

    fn transfer(&self, local: &[iovec], remote: &[iovec]) -> usize {
        // SAFETY: the local pieces are live, exclusive slices; the kernel checks the remote addresses itself.
        let got = unsafe {
            libc::process_vm_readv(
                self.pid,
                local.as_ptr(),
                local.len() as c_ulong,
                remote.as_ptr(),
                remote.len() as c_ulong,
                0,
            )
        };
        usize::try_from(got).unwrap_or(0)
    }

    /// Fills `into` from `address`; false where that memory cannot be read.
    pub fn read(&self, address: usize, into: &mut [u8]) -> bool {
        let wanted = into.len();
        self.read_pieces(&mut [Piece { address, into }]) == wanted
    }

    /// The 8-byte word at `address`.
    pub fn word(&self, address: usize) -> Option<usize> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes).then(|| usize::from_ne_bytes(bytes))
    }

    /// The 4-byte integer at `address`.
    pub fn int(&self, address: usize) -> Option<i32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes).then(|| i32::from_ne_bytes(bytes))
    }

    /// Whether the kernel lets this process read itself, and if not why.
    pub fn probe(&self) -> Result<(), String> {
        let here = 0x7A11_6A2A_usize;
        match self.word(std::ptr::from_ref(&here) as usize) {
            Some(seen) if seen == here => Ok(()),
            _ => Err(std::io::Error::last_os_error().to_string()),
        }
    }
}

/// The word at `offset` of a copied piece of memory; 0 where the copy is too short.
pub fn word_at(copy: &[u8], offset: usize) -> usize {
    copy.get(offset..offset + 8).and_then(|b| b.try_into().ok()).map_or(0, usize::from_ne_bytes)
}

/// The 4-byte integer at `offset` of a copied piece of memory; 0 where the copy is too short.
pub fn int_at(copy: &[u8], offset: usize) -> i32 {
    copy.get(offset..offset + 4).and_then(|b| b.try_into().ok()).map_or(0, i32::from_ne_bytes)
}

/// Copies of whole pages below an address, so that a walk down a stack costs few system calls.
pub struct Window {
    buffer: Vec<u8>,
    start: usize,
    length: usize,
}

impl Window {
    /// Most pages read at once.
    const MOST_PAGES: usize = 8;

    /// An empty window.
    pub fn new() -> Self {
        Self { buffer: vec![0; Self::MOST_PAGES * PAGE], start: 0, length: 0 }
    }

    /// Forgets what was read.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// `length` bytes at `address`, from the copy where it holds them, else by reading the address's page and up to `pages - 1` below it.
    pub fn get(&mut self, memory: &Memory, address: usize, length: usize, pages: usize) -> Option<&[u8]> {
        let inside = address >= self.start && address + length <= self.start + self.length;
        if !inside && !self.fill(memory, address, length, pages) {
            return None;
        }
        let at = address - self.start;
        Some(&self.buffer[at..at + length])
    }

    /// The page of the last byte first, then downwards: what cannot be read ends the copy early, and the rest is good.
    fn fill(&mut self, memory: &Memory, address: usize, length: usize, pages: usize) -> bool {
        let end = address + length;
        let top_page = (end - 1) / PAGE * PAGE;
        let must_start = address / PAGE * PAGE;
        let wanted = pages.clamp(1 + (top_page - must_start) / PAGE, Self::MOST_PAGES);
        let capacity = self.buffer.len();
        let mut local = [iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; Self::MOST_PAGES];
        let mut remote = local;
        let mut fill_to = capacity;
        for k in 0..wanted {
            let page = top_page.saturating_sub(k * PAGE);
            let size = if k == 0 { end - page } else { PAGE };
            fill_to -= size;
            // SAFETY: `fill_to` stays inside the buffer, as at most MOST_PAGES pages are asked for.
            let into = unsafe { self.buffer.as_mut_ptr().add(fill_to) };
            local[k] = iovec { iov_base: into.cast::<c_void>(), iov_len: size };
            remote[k] = iovec { iov_base: page as *mut c_void, iov_len: size };
        }
        let got = memory.transfer(&local[..wanted], &remote[..wanted]);
        // Only whole pieces count: a piece cut short would leave a hole at its upper end.
        let mut kept = 0;
        for piece in &local[..wanted] {
            if kept + piece.iov_len > got {
                break;
            }
            kept += piece.iov_len;
        }
        self.length = kept;
        self.start = end - kept;
        self.buffer.copy_within(capacity - kept..capacity, 0);
        kept >= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_is_read_and_unmapped_memory_is_refused() {
        let memory = Memory::of_this_process();
        let value = 0x1234_5678_9ABC_DEF0_usize;
        assert_eq!(memory.probe(), Ok(()));
        assert_eq!(memory.word(std::ptr::from_ref(&value) as usize), Some(value));
        assert_eq!(memory.word(8), None);
    }

    #[test]
    fn window_gives_the_same_bytes_as_memory_at_any_place() {
        let memory = Memory::of_this_process();
        let data: Vec<u8> = (0..40_000).map(|k| (k * 7 % 251) as u8).collect();
        let base = data.as_ptr() as usize;
        let mut window = Window::new();
        for (k, pages) in [(39_900, 1), (36_000, 3), (35_990, 1), (4_000, 8), (3_950, 2), (0, 1)] {
            let seen = window.get(&memory, base + k, 80, pages).map(<[u8]>::to_vec);
            assert_eq!(seen.as_deref(), Some(&data[k..k + 80]), "at {k}");
        }
        assert!(window.get(&memory, 64, 80, 1).is_none());
    }
}
