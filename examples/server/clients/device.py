"""An authenticator with a client in front of it, made of the data types of `fido2`: it shares no code with the server.

It reads the options as that package reads them, and answers what `credential.toJSON()` would be. It can be made to lie: what
is passed as a keyword (`origin`, `rp_id`, `challenge`, `type`, `flags`, `counter`, `algorithm`) takes the place of the truth,
and is signed all the same.
"""

import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2.cose import ES256, ES384, ES512, PS256, RS256, CoseKey, EdDSA
from fido2.rpid import verify_rp_id
from fido2.utils import sha256
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialRequestOptions,
    RegistrationResponse,
)

FLAG = AuthenticatorData.FLAG
AAGUID = bytes.fromhex("5eed0000c11e4175b0de000000000001")


class Unable(Exception):
    """What a browser answers with a NotAllowedError or an InvalidStateError."""


def _ec(curve, digest):
    return lambda: ec.generate_private_key(curve), lambda key, message: key.sign(message, ec.ECDSA(digest))


def _rsa(pad, digest):
    return lambda: rsa.generate_private_key(65537, 2048), lambda key, message: key.sign(message, pad, digest)


# For each algorithm: how a key is made, and how it signs.
_SHA256 = hashes.SHA256()
_ALGORITHMS = {
    ES256: _ec(ec.SECP256R1(), _SHA256),
    ES384: _ec(ec.SECP384R1(), hashes.SHA384()),
    ES512: _ec(ec.SECP521R1(), hashes.SHA512()),
    RS256: _rsa(padding.PKCS1v15(), _SHA256),
    PS256: _rsa(padding.PSS(padding.MGF1(_SHA256), padding.PSS.DIGEST_LENGTH), _SHA256),
    EdDSA: (ed25519.Ed25519PrivateKey.generate, lambda key, message: key.sign(message)),
}


@dataclass
class Passkey:
    """A key pair of one user at one relying party."""

    id: bytes
    rp_id: str
    user_handle: bytes
    cose: type[CoseKey]
    private: object
    counter: int = 0

    @property
    def public(self) -> CoseKey:
        return self.cose.from_cryptography_key(self.private.public_key())

    def sign(self, message: bytes) -> bytes:
        _, sign = _ALGORITHMS[self.cose]
        return sign(self.private, message)


class Device:
    """Makes passkeys of these algorithms (the relying party's preference among them decides), and uses them."""

    def __init__(self, *algorithms: type[CoseKey], attests: bool = False):
        self.algorithms = algorithms or (ES256,)
        self.attests = attests
        self.passkeys: list[Passkey] = []

    def create(self, options: dict, origin: str, /, **lies) -> dict:
        """`navigator.credentials.create()`."""
        read = PublicKeyCredentialCreationOptions.from_dict(options)
        rp_id = _rp_id(read.rp.id, origin, lies)
        if self._held(rp_id, read.exclude_credentials):
            raise Unable("this device holds a passkey that is excluded")
        offered = [CoseKey.for_alg(parameters.alg) for parameters in read.pub_key_cred_params]
        able = [cose for cose in offered if cose in self.algorithms]
        cose = lies.get("algorithm") or next(iter(able), None)
        if cose is None:
            raise Unable("this device has none of these algorithms")
        make, _ = _ALGORITHMS[cose]
        passkey = Passkey(secrets.token_bytes(32), rp_id, read.user.id, cose, make())
        self.passkeys.append(passkey)

        attested = AttestedCredentialData.create(AAGUID, passkey.id, passkey.public)
        flags = lies.get("flags", FLAG.UP | FLAG.UV) | FLAG.AT
        auth_data = AuthenticatorData.create(sha256(rp_id.encode()), flags, passkey.counter, attested)
        client_data = _client_data("webauthn.create", read.challenge, origin, lies)
        fmt, statement = "none", {}
        if self.attests and read.attestation != "none":
            fmt, statement = "packed", {"alg": cose.ALGORITHM, "sig": passkey.sign(auth_data + client_data.hash)}
        response = AuthenticatorAttestationResponse(
            client_data=client_data, attestation_object=AttestationObject.create(fmt, auth_data, statement)
        )
        results = {"credProps": {"rk": True}} if (read.extensions or {}).get("credProps") else {}
        return plain(RegistrationResponse(raw_id=passkey.id, response=response, client_extension_results=results))

    def get(self, options: dict, origin: str, /, **lies) -> dict:
        """`navigator.credentials.get()`."""
        read = PublicKeyCredentialRequestOptions.from_dict(options)
        rp_id = _rp_id(read.rp_id, origin, lies)
        # A lie about the RP ID is signed with the key of the true one.
        held = self._held(read.rp_id, read.allow_credentials) if read.allow_credentials else self._all(read.rp_id)
        if not held:
            raise Unable("this device holds no passkey that is allowed")
        passkey = held[-1]
        passkey.counter += 1
        flags, counter = lies.get("flags", FLAG.UP | FLAG.UV), lies.get("counter", passkey.counter)
        auth_data = AuthenticatorData.create(sha256(rp_id.encode()), flags, counter)
        client_data = _client_data("webauthn.get", read.challenge, origin, lies)
        response = AuthenticatorAssertionResponse(
            client_data=client_data,
            authenticator_data=auth_data,
            signature=passkey.sign(auth_data + client_data.hash),
            user_handle=passkey.user_handle,
        )
        return plain(AuthenticationResponse(raw_id=passkey.id, response=response))

    def _all(self, rp_id: str) -> list[Passkey]:
        return [passkey for passkey in self.passkeys if passkey.rp_id == rp_id]

    def _held(self, rp_id: str, descriptors) -> list[Passkey]:
        ids = {descriptor.id for descriptor in descriptors or ()}
        return [passkey for passkey in self._all(rp_id) if passkey.id in ids]


def _rp_id(asked: str | None, origin: str, lies: dict) -> str:
    """A client lets a page use none but its own domain's RP ID."""
    if not asked or not verify_rp_id(asked, origin):
        raise Unable(f"the RP ID {asked!r} is not one of {origin}")
    return lies.get("rp_id", asked)


def _client_data(type: str, challenge: bytes, origin: str, lies: dict) -> CollectedClientData:
    return CollectedClientData.create(lies.get("type", type), lies.get("challenge", challenge), lies.get("origin", origin))


def plain(value):
    """The package's types as JSON has them."""
    if hasattr(value, "items"):
        return {name: plain(member) for name, member in dict(value).items()}
    return str(value) if isinstance(value, str) else value
