//! For tests of short cuts: what a short cut says of a text and of all its neighbours has to be what the long way says.

use alloc::vec::Vec;

/// The bytes as they are, cut off anywhere, and with any one byte put in place of, before or instead of another.
pub(crate) fn of(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let at = move |place: usize, replaced: usize, by: &[u8]| {
        let (before, after) = (bytes.iter().take(place), bytes.iter().skip(place.saturating_add(replaced)));
        before.chain(by).chain(after).copied().collect::<Vec<_>>()
    };
    let cut = (0..=bytes.len()).map(move |len| bytes.iter().take(len).copied().collect());
    let changed = (0..=bytes.len()).flat_map(move |place| {
        let one = (0..=u8::MAX).flat_map(move |byte| [at(place, 0, &[byte]), at(place, 1, &[byte])]);
        one.chain([at(place, 1, &[])])
    });
    cut.chain(changed)
}
