//! What exactly was waited for, in words: the system call and the file or the remote end.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use rustc_hash::FxHashMap;

use super::wait::Blocked;

/// Index of a description.
pub type DetailId = u32;

/// A call on a file; the file by device and inode, as descriptors are used again.
type Key = (i64, i32, u64, u64);

/// Descriptions, each once.
#[derive(Default)]
pub struct DetailBook {
    texts: Vec<(String, usize)>,
    by_key: FxHashMap<Key, DetailId>,
}

impl DetailBook {
    /// The description of a wait.
    pub fn of(&mut self, blocked: Blocked) -> DetailId {
        let (device, inode) = identity(blocked.descriptor);
        let key = (blocked.call, blocked.descriptor, device, inode);
        if let Some(&id) = self.by_key.get(&key) {
            return id;
        }
        let id = self.texts.len() as DetailId;
        self.texts.push((describe(blocked), blocked.wait as usize + 2));
        self.by_key.insert(key, id);
        id
    }

    /// The text of a description.
    pub fn text(&self, id: DetailId) -> &str {
        &self.texts[id as usize].0
    }

    /// The class of time it belongs to, as a column.
    pub fn class(&self, id: DetailId) -> usize {
        self.texts[id as usize].1
    }
}

fn identity(descriptor: i32) -> (u64, u64) {
    if descriptor < 0 {
        return (0, 0);
    }
    let mut about = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the structure is live and zeroed; fstat fills it or leaves it.
    unsafe {
        libc::fstat(descriptor, about.as_mut_ptr());
        let about = about.assume_init();
        (about.st_dev, about.st_ino)
    }
}

fn describe(blocked: Blocked) -> String {
    let call = name_of(blocked.call);
    match target(blocked.descriptor) {
        Some(target) => format!("`{call}` on {target}"),
        None => format!("`{call}`"),
    }
}

fn target(descriptor: i32) -> Option<String> {
    if descriptor < 0 {
        return None;
    }
    if let Some(peer) = peer_of(descriptor) {
        return Some(peer);
    }
    let link = fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
    let text = link.to_string_lossy();
    let is_anonymous = text.starts_with("pipe:") || text.starts_with("socket:") || text.starts_with("anon_inode:");
    Some(if is_anonymous {
        format!("a {}", text.split(':').next().unwrap_or("file").replace("anon_inode", "kernel object"))
    } else {
        text.into_owned()
    })
}

fn peer_of(descriptor: i32) -> Option<String> {
    let mut address = std::mem::MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut size = size_of::<libc::sockaddr_storage>() as u32;
    // SAFETY: the storage is live and as large as `size` says; on success it holds an address of its stated family.
    unsafe {
        if libc::getpeername(descriptor, address.as_mut_ptr().cast(), &raw mut size) != 0 {
            return None;
        }
        let any = address.assume_init();
        match i32::from(any.ss_family) {
            libc::AF_INET => {
                let at = (&raw const any).cast::<libc::sockaddr_in>().read();
                Some(format!("{}:{}", Ipv4Addr::from(u32::from_be(at.sin_addr.s_addr)), u16::from_be(at.sin_port)))
            }
            libc::AF_INET6 => {
                let at = (&raw const any).cast::<libc::sockaddr_in6>().read();
                Some(format!("[{}]:{}", Ipv6Addr::from(at.sin6_addr.s6_addr), u16::from_be(at.sin6_port)))
            }
            libc::AF_UNIX => Some("a local socket".into()),
            _ => None,
        }
    }
}

/// Names of the calls that programs wait in; a number is better than a wrong name.
fn name_of(call: i64) -> String {
    let name = match call {
        -1 => "page fault",
        libc::SYS_read => "read",
        libc::SYS_write => "write",
        libc::SYS_readv | libc::SYS_preadv | libc::SYS_preadv2 => "preadv",
        libc::SYS_writev | libc::SYS_pwritev | libc::SYS_pwritev2 => "pwritev",
        libc::SYS_pread64 => "pread",
        libc::SYS_pwrite64 => "pwrite",
        libc::SYS_fsync => "fsync",
        libc::SYS_fdatasync => "fdatasync",
        libc::SYS_openat => "open",
        libc::SYS_newfstatat | libc::SYS_statx => "stat",
        libc::SYS_recvfrom | libc::SYS_recvmsg | libc::SYS_recvmmsg => "recv",
        libc::SYS_sendto | libc::SYS_sendmsg | libc::SYS_sendmmsg => "send",
        libc::SYS_connect => "connect",
        libc::SYS_accept | libc::SYS_accept4 => "accept",
        libc::SYS_futex => "futex",
        libc::SYS_ppoll => "poll",
        libc::SYS_pselect6 => "select",
        libc::SYS_epoll_pwait | libc::SYS_epoll_pwait2 => "epoll",
        libc::SYS_wait4 | libc::SYS_waitid => "wait for a child process",
        libc::SYS_flock => "flock",
        other => return old_name_of(other),
    };
    name.into()
}

#[cfg(target_arch = "x86_64")]
fn old_name_of(call: i64) -> String {
    match call {
        libc::SYS_poll => "poll".into(),
        libc::SYS_select => "select".into(),
        libc::SYS_epoll_wait => "epoll".into(),
        libc::SYS_open => "open".into(),
        other => format!("system call {other}"),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn old_name_of(call: i64) -> String {
    format!("system call {call}")
}

#[cfg(test)]
mod tests {
    use super::super::wait::Wait;
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    #[test]
    fn a_wait_names_the_remote_end_and_the_file() {
        let mut book = DetailBook::default();
        let listener = TcpListener::bind("127.0.0.1:0").ok();
        let at = listener.as_ref().and_then(|l| l.local_addr().ok());
        let client = at.and_then(|a| TcpStream::connect(a).ok());
        let descriptor = client.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        let id = book.of(Blocked { wait: Wait::Socket, call: libc::SYS_recvfrom, descriptor });
        assert_eq!(book.text(id), format!("`recv` on {}", at.map_or(String::new(), |a| a.to_string())));
        assert_eq!(book.of(Blocked { wait: Wait::Socket, call: libc::SYS_recvfrom, descriptor }), id);
        let lock = book.of(Blocked { wait: Wait::Lock, call: libc::SYS_futex, descriptor: -1 });
        assert_eq!(book.text(lock), "`futex`");
    }
}
