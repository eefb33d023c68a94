//! The pages of the program itself. The kernel maps the sixteen around each that is touched (fault-around), so soon
//! most of the file counts as resident, for a server that does a few things for months.

use std::fs;
use std::ops::Range;

/// What is mapped around a page that is touched: four pages where the kernel takes sixteen, which saves `serve` a third.
const BLOCK: usize = 16 * 1024;

/// Gives back what is mapped of the program's code and constants, and has less of it mapped from now on; what is needed
/// again comes back, out of the page cache.
pub fn forget_the_start() {
    let here = forget_the_start as fn() as usize;
    for range in own(&fs::read_to_string("/proc/self/maps").unwrap_or_default(), here) {
        advise(&range, libc::MADV_DONTNEED);
        // The kernel never maps around past the end of a mapping, and those that differ in a flag stay apart. This flag
        // says nothing that is not so already: what is in the file is in no core dump.
        for start in (range.start.next_multiple_of(2 * BLOCK)..range.end).step_by(2 * BLOCK) {
            advise(&(start..range.end.min(start + BLOCK)), libc::MADV_DONTDUMP);
        }
    }
}

/// Where the kernel refuses, all is as it was.
fn advise(range: &Range<usize>, advice: libc::c_int) {
    // SAFETY: these are mappings of a file that nothing writes to, so a page that is dropped is read again as it was.
    unsafe { libc::madvise(range.start as *mut libc::c_void, range.len(), advice) };
}

/// The code at this address and the constants in front of it. Not what stands behind it and cannot be written either:
/// that was written to when the program was relocated (RELRO).
fn own(maps: &str, address: usize) -> Vec<Range<usize>> {
    let mappings: Vec<_> = maps.lines().filter_map(mapping).collect();
    let Some((code, _, path)) =
        mappings.iter().find(|(range, flags, _)| *flags == "r-xp" && range.contains(&address))
    else {
        return vec![];
    };
    let own = mappings.iter().filter(|(range, flags, other)| {
        other == path && (*flags == "r-xp" || *flags == "r--p" && range.end <= code.start)
    });
    own.map(|(range, ..)| range.clone()).collect()
}

/// `00200000-002b7000 r--p 00000000 fe:00 9978879 /health-probe`, of proc_pid_maps(5).
fn mapping(line: &str) -> Option<(Range<usize>, &str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let range = usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
    let flags = words.next()?;
    Some((range, flags, words.nth(3).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_and_the_constants_in_front_of_it_are_given_back() {
        let maps = "\
00200000-002b7000 r--p 00000000 fe:00 9978879                            /hp
002b7000-0046d000 r-xp 000b6000 fe:00 9978879                            /hp
0046d000-00472000 r--p 0026b000 fe:00 9978879                            /hp
00472000-00474000 rw-p 0026f000 fe:00 9978879                            /hp
00500000-00501000 r-xp 00000000 00:00 0                                  [vdso]
odd line
";
        assert_eq!(own(maps, 0x0030_0000), [0x0020_0000..0x002b_7000, 0x002b_7000..0x0046_d000]);
        assert_eq!(own(maps, 0x0047_3000), []);
    }

    #[test]
    fn code_that_is_cut_is_given_back_whole() {
        let maps = "\
00200000-00204000 r--p 00000000 fe:00 9978879                            /hp
00204000-00208000 r--p 00004000 fe:00 9978879                            /hp
00208000-0020c000 r-xp 00008000 fe:00 9978879                            /hp
0020c000-00210000 r-xp 0000c000 fe:00 9978879                            /hp
00210000-00214000 r--p 00010000 fe:00 9978879                            /hp
";
        let whole: Vec<_> = own(maps, 0x0020_d000).into_iter().map(|range| range.start).collect();
        assert_eq!(whole, [0x0020_0000, 0x0020_4000, 0x0020_8000, 0x0020_c000]);
    }

    #[test]
    fn the_program_runs_on_in_small_parts_however_often_it_forgets() {
        let parts = || {
            forget_the_start();
            own(&fs::read_to_string("/proc/self/maps").unwrap(), mapping as *const () as usize)
        };
        let first = parts();
        assert!(first.iter().filter(|part| part.len() == BLOCK).count() > 20, "{first:x?}");
        assert_eq!(parts(), first);
    }
}
