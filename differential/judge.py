"""What py_webauthn and python-fido2 say about each response: a line of JSON on standard output for each line on standard input."""

import json
import sys
import time
import traceback
import warnings

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fido2.attestation import AttestationVerifier, NoneAttestation
from fido2.attestation.base import _default_attestations
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import AttestedCredentialData, PublicKeyCredentialRpEntity
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.structs import AttestationFormat


class Judge:
    def __init__(self, roots):
        self.roots = [x509.load_der_x509_certificate(websafe_decode(root)) for root in roots]
        self.pem = [root.public_bytes(Encoding.PEM) for root in self.roots]

    def webauthn(self, case):
        common = {
            "credential": case["response"],
            "expected_challenge": websafe_decode(case["challenge"]),
            "expected_rp_id": case["rp_id"],
            "expected_origin": case["origins"],
            "require_user_verification": case["require_user_verification"],
        }
        if case["ceremony"] == "registering":
            verify_registration_response(
                **common,
                supported_pub_key_algs=case["algorithms"],
                pem_root_certs_bytes_by_fmt={format: list(self.pem) for format in AttestationFormat},
            )
        else:
            verify_authentication_response(
                **common,
                credential_public_key=websafe_decode(case["record"]["public_key"]),
                credential_current_sign_count=case["record"]["sign_count"],
            )

    def fido2(self, case):
        server = Fido2Server(
            PublicKeyCredentialRpEntity(id=case["rp_id"], name="Example"),
            attestation="direct",
            verify_origin=lambda origin: origin in case["origins"],
            verify_attestation=Attestations(self.roots),
        )
        state = {
            "challenge": case["challenge"],
            "user_verification": "required" if case["require_user_verification"] else "preferred",
        }
        response = parsed(case["response"])
        if case["ceremony"] == "registering":
            server.register_complete(state, response)
        else:
            record = case["record"]
            identifier = websafe_decode(record["id"])
            length = len(identifier).to_bytes(2, "big")
            credential = AttestedCredentialData(bytes(16) + length + identifier + websafe_decode(record["public_key"]))
            server.authenticate_complete(state, [credential], response)


class Attestations(AttestationVerifier):
    """Its formats, and none, which it leaves to its caller. The roots are found by name, as its documentation shows."""

    def __init__(self, roots):
        super().__init__([*_default_attestations(), NoneAttestation()])
        self.roots = roots

    def ca_lookup(self, attestation_result, auth_data):
        if not attestation_result.trust_path:  # None and self attestation have no certificates: any root will do.
            return self.roots[0].public_bytes(Encoding.DER)
        last = x509.load_der_x509_certificate(attestation_result.trust_path[-1])
        for root in self.roots:
            if root.subject == last.issuer:
                return root.public_bytes(Encoding.DER)
        return None


class Unreadable(Exception):
    """A response that is no JSON: its server would not get to a judge that is given what was parsed."""


def parsed(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(error) from error


def is_a_refusal(error):
    """Whether a library raised it, or what a library called; what this program itself raises, or calls wrongly, is a fault of its own."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = max(number for number, frame in enumerate(frames) if frame.f_globals is globals())
    return isinstance(error, Unreadable) or any("site-packages" in frame.f_code.co_filename for frame in frames[ours:])


def verdict(judge, case):
    """Refusals are exceptions of whatever kind, the libraries' own or what they stumble over: a server answers both alike."""
    try:
        judge(case)
    except Exception as error:
        if not is_a_refusal(error):
            raise
        return f"refused: {type(error).__name__}: {error}"[:200]
    return "accepted"


def main():
    warnings.simplefilter("ignore")
    lines = sys.stdin.buffer
    first = json.loads(next(lines))
    judge = Judge(first["roots"])
    time.time = lambda: first["now"]  # Statements of android-safetynet grow old within a minute.
    for line in lines:
        case = json.loads(line)
        print(json.dumps({"webauthn": verdict(judge.webauthn, case), "fido2": verdict(judge.fido2, case)}))


main()
