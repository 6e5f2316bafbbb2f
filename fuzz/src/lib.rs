//! What the targets share: measures, mutations, an independent view of CBOR, JSON and DER, and ceremonies to mutate.

pub mod ceremony;
pub mod changes;
pub mod demands;
pub mod formats;
pub mod work;

use allocation_counter::AllocationInfo;

/// An error with its texts, and what a ceremony needs whatever the size of its response.
const FLAT: u64 = 32 * 1024;

fn measured<T>(work: impl FnOnce() -> T) -> (T, AllocationInfo) {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(work()));
    (result.unwrap(), info)
}

fn within(what: &str, bytes: u64, input: usize, per_byte: u64) {
    let most = FLAT + per_byte * u64::try_from(input).unwrap();
    assert!(bytes <= most, "{bytes} bytes were {what} for {input}, {most} are allowed");
}

/// Runs `work`, and asserts that whatever it allocates, freed or not, stays in proportion to the input.
pub fn bounded<T>(input: usize, per_byte: u64, work: impl FnOnce() -> T) -> T {
    let (result, info) = measured(work);
    within("allocated", info.bytes_total, input, per_byte);
    result
}

/// Runs `work`, and asserts that what it holds at any moment stays in proportion to this part of the input.
pub fn held<T>(part: usize, per_byte: u64, work: impl FnOnce() -> T) -> T {
    let (result, info) = measured(work);
    within("held", info.bytes_max, part, per_byte);
    result
}

/// Runs a parser, and asserts that it allocates nothing for what it accepts, and little to refuse.
pub fn uncopied<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let (result, info) = measured(work);
    let most = if result.is_ok() { 0 } else { FLAT };
    assert!(info.bytes_total <= most, "{} bytes were allocated", info.bytes_total);
    result
}

/// Carries out a script on parts of a message. Four bytes of it are one mutation: which part and what to do, where (two bytes),
/// and the bits to flip or the byte to put in.
pub fn mutate(parts: &mut [Vec<u8>], script: &[u8]) {
    for [what, high, low, byte] in script.as_chunks::<4>().0 {
        let count = parts.len();
        let part = &mut parts[usize::from(*what) % count];
        let at = usize::from(u16::from_be_bytes([*high, *low])) % (part.len() + 1);
        match usize::from(*what) / count % 8 {
            0..=3 => part.iter_mut().skip(at).take(1).for_each(|there| *there ^= byte),
            4 => part.insert(at, *byte),
            5 => drop(part.drain(at..part.len().min(at + 1 + usize::from(*byte) / 4))),
            6 => part.truncate(at),
            _ => {
                let piece = part[at..part.len().min(at + usize::from(*byte))].to_vec();
                part.splice(at..at, piece);
            }
        }
    }
}

/// A copy of one message, with the script carried out on it.
pub fn mutated(message: &[u8], script: &[u8]) -> Vec<u8> {
    let mut parts = [message.to_vec()];
    mutate(&mut parts, script);
    let [message] = parts;
    message
}
