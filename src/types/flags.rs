use core::fmt;

/// The flags byte of authenticator data (§6.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    const UP: u8 = 0x01;
    const UV: u8 = 0x04;
    const BE: u8 = 0x08;
    const BS: u8 = 0x10;
    const AT: u8 = 0x40;
    const ED: u8 = 0x80;

    /// Takes the byte as it came; reserved bits are kept and mean nothing.
    #[must_use]
    pub const fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte as it came.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }

    /// UP: a user was present.
    #[must_use]
    pub const fn user_present(self) -> bool {
        self.0 & Self::UP != 0
    }

    /// UV: the user was verified (PIN, fingerprint, face …).
    #[must_use]
    pub const fn user_verified(self) -> bool {
        self.0 & Self::UV != 0
    }

    /// BE: the credential may be backed up and so live on several devices; fixed for its life.
    #[must_use]
    pub const fn backup_eligible(self) -> bool {
        self.0 & Self::BE != 0
    }

    /// BS: the credential is backed up at present.
    #[must_use]
    pub const fn backup_state(self) -> bool {
        self.0 & Self::BS != 0
    }

    /// AT: attested credential data follows.
    #[must_use]
    pub const fn attested_credential_data(self) -> bool {
        self.0 & Self::AT != 0
    }

    /// ED: extension data follows.
    #[must_use]
    pub const fn extension_data(self) -> bool {
        self.0 & Self::ED != 0
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({:#04x}", self.0)?;
        let names = [(Self::UP, "UP"), (Self::UV, "UV"), (Self::BE, "BE"), (Self::BS, "BS"), (Self::AT, "AT"), (Self::ED, "ED")];
        for (bit, name) in names {
            if self.0 & bit != 0 {
                write!(f, " {name}")?;
            }
        }
        f.write_str(")")
    }
}
