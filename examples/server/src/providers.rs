//! Names of common passkey providers. An AAGUID without attestation is a claim: good for a list's heading, for nothing else.

use passkeeper::types::Aaguid;

const PROVIDERS: &[(&str, &str)] = &[
    ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
    ("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6", "Keeper"),
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey 5 NFC"),
    ("50726f74-6f6e-5061-7373-50726f746f6e", "Proton Pass"),
    ("531126d6-e717-415c-9320-3d9aa6981239", "Dashlane"),
    ("53414d53-554e-4700-0000-000000000000", "Samsung Pass"),
    ("6028b017-b1d4-4c02-b4b3-afcdafc96bb2", "Windows Hello"),
    ("771b48fd-d3d4-4f74-9232-fc157ab0507a", "Edge on Mac"),
    ("9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "Windows Hello"),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", "Chrome on Mac"),
    ("b5397666-4885-aa6b-cebf-e52262a439a2", "Chromium"),
    ("b84e4048-15dc-4dd0-8640-f4f60813c8af", "NordPass"),
    ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
    ("cb69481e-8ff7-4039-93ec-0a2729a154a8", "YubiKey 5"),
    ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "Apple Passwords"),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
    ("ee882879-721c-4913-9775-3dfcce97072a", "YubiKey 5 NFC"),
    ("f3809540-7f14-49c1-a8b3-8f813b225541", "Enpass"),
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "Apple Passwords"),
    ("fdb141b2-5d84-443e-8a35-4698c205a502", "KeePassXC"),
];

/// Who made a passkey, if it says so and is known.
pub(crate) fn provider(aaguid: Aaguid) -> Option<&'static str> {
    let text = aaguid.to_string();
    PROVIDERS.iter().find(|(known, _)| *known == text).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_an_aaguid_and_there_once() {
        for (row, next) in PROVIDERS.iter().zip(&PROVIDERS[1..]) {
            assert!(row.0 < next.0, "{} is out of order or there twice", next.0);
        }
        for (aaguid, name) in PROVIDERS {
            assert_eq!(provider(aaguid.parse().unwrap()), Some(*name), "{aaguid}");
        }
        assert_eq!(provider(Aaguid::ZERO), None);
    }
}
