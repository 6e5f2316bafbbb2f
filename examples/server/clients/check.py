"""Registers and signs in at a running server with the device of `device.py`: by API D and by the conformance routes.

    python check.py http://127.0.0.1:8080 KEY [ORIGIN]

`KEY` is the server's `API_KEY`, `ORIGIN` its own if that is another than the first. The server has the demonstration's tenants.
Each case says what it expects: a status, and the body's shape or its errors; the first that is otherwise ends the program.
"""

import http.client
import json
import sys
from urllib.parse import urlsplit

from device import FLAG, Device, Unable
from fido2.cose import ES256, ES384, ES512, PS256, RS256, EdDSA
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject

TENANT = "c0000001-5b1c-4d6e-8f00-000000000001"
STAFF = "c0000002-5b1c-4d6e-8f00-000000000002"
APPLICATION = "a0000001-5b1c-4d6e-8f00-000000000001"
ALICE = "d0000001-5b1c-4d6e-8f00-000000000001"
BERTHA = "d0000002-5b1c-4d6e-8f00-000000000002"
IGOR = "d0000009-5b1c-4d6e-8f00-000000000009"

# Shapes: a type for each leaf, one element for all elements of an array.
DESCRIPTOR = {"id": str, "transports": [str], "type": str}
PASSKEY = {
    "algorithm": int, "attestationType": str, "authenticatorSupportsUserVerification": bool, "credentialId": str, "data": {},
    "displayName": str, "name": str, "id": str, "insertInstant": int, "discoverable": bool, "lastUseInstant": int,
    "publicKey": str, "relyingPartyId": str, "signCount": int, "tenantId": str, "transports": [str], "userId": str,
}
CREATION = {
    "attestation": str, "authenticatorSelection": dict, "challenge": str, "excludeCredentials": [DESCRIPTOR],
    "extensions": {"credProps": bool}, "pubKeyCredParams": [{"alg": int, "type": str}], "rp": {"id": str, "name": str},
    "timeout": int, "user": {"displayName": str, "id": str, "name": str},
}
REQUEST = {"allowCredentials": [DESCRIPTOR], "challenge": str, "rpId": str, "timeout": int, "userVerification": str}
OK = {"status": str, "errorMessage": str}


class Server:
    """A client of the server: keeps its connection and its cookie."""

    def __init__(self, url: str):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.cookie = None

    def call(self, method: str, path: str, body=None, **headers) -> "Answer":
        headers = {"Content-Type": "application/json", **({"Cookie": self.cookie} if self.cookie else {}), **headers}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        if cookie := response.getheader("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        return Answer(response.status, json.loads(text) if text else None, f"{method} {path}")


class Answer:
    def __init__(self, status: int, body, request: str):
        self.status, self.body, self.request = status, body, request

    def has(self, status: int, shape) -> dict:
        """Has this status and exactly these members, each of its type."""
        assert self.status == status, f"{self.request}: {self.status} instead of {status}: {self.body}"
        fits(self.body, shape, self.request)
        count()
        return self.body

    def refuses(self, *codes: str) -> None:
        """Is API D's 400 with these errors and no others."""
        entry = [{"code": str, "message": str}]
        body = self.has(400, {"fieldErrors": dict, "generalErrors": entry})
        for field, errors in body["fieldErrors"].items():
            fits(errors, entry, field)
            assert all(error["code"].endswith("]" + field) for error in errors), body
        found = [error["code"] for errors in [*body["fieldErrors"].values(), body["generalErrors"]] for error in errors]
        assert found == list(codes), f"{self.request}: {found} instead of {list(codes)}"

    def fails(self, code: str, status: int = 400) -> None:
        """Is the conformance routes' failure for this reason."""
        body = self.has(status, OK)
        assert body["status"] == "failed" and body["errorMessage"].startswith(f"{code}: "), body


counted = 0


def count() -> None:
    global counted
    counted += 1


def fits(value, shape, path: str) -> None:
    if isinstance(shape, type):
        assert type(value) is shape, f"{path}: {value!r} is no {shape.__name__}"
    elif isinstance(shape, dict):
        assert isinstance(value, dict) and value.keys() == shape.keys(), f"{path}: {value!r} has not exactly {list(shape)}"
        for name, of_member in shape.items():
            fits(value[name], of_member, f"{path}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{path}: {value!r} is no array"
        for element in value:
            fits(element, shape[0], f"{path}[]")
    else:
        assert value == shape, f"{path}: {value!r} instead of {shape!r}"


def flipped(text: str) -> str:
    """The same base64url with its last byte changed."""
    data = websafe_decode(text)
    return websafe_encode(data[:-1] + bytes([data[-1] ^ 1]))


class Lifecycle:
    """API D at the demonstration's first tenant."""

    def __init__(self, server: Server, key: str, origin: str):
        self.server, self.key = server, key
        own = urlsplit(origin)
        self.rp_id = f"customers.{own.hostname}"
        self.origin = f"{own.scheme}://customers.{own.netloc}"

    def keyed(self, method: str, path: str, body=None) -> Answer:
        return self.server.call(method, path, body, Authorization=self.key)

    def creation(self, user=ALICE, workflow="general") -> dict:
        form = {"displayName": "Software", "userId": user, "workflow": workflow}
        return self.keyed("POST", "/api/webauthn/register/start", form).has(200, {"options": CREATION})["options"]

    def complete(self, credential: dict, user=ALICE, **edits) -> Answer:
        credential = {name: credential[name] for name in ("id", "type", "response", "clientExtensionResults")}
        body = {"credential": {**credential, "transports": ["usb"]}, "origin": self.origin, "rpId": self.rp_id, "userId": user}
        return self.server.call("POST", "/api/webauthn/register/complete", {**body, **edits})

    def register(self, device: Device, user=ALICE) -> dict:
        credential = device.create(self.creation(user), self.origin)
        return self.complete(credential, user).has(200, {"credential": PASSKEY})["credential"]

    def request(self, workflow="bootstrap", **members) -> dict:
        form = {"applicationId": APPLICATION, "workflow": workflow, **(members or {"userId": ALICE})}
        return self.keyed("POST", "/api/webauthn/start", form).has(200, {"options": REQUEST})["options"]

    def answer(self, what: str, credential: dict, **edits) -> Answer:
        credential = {name: credential[name] for name in ("id", "type", "response")}
        body = {"credential": credential, "origin": self.origin, "rpId": self.rp_id, **edits}
        return self.server.call("POST", f"/api/webauthn/{what}", body)

    def retrieve(self, passkey: dict) -> dict:
        return self.keyed("GET", f"/api/webauthn/{passkey['id']}").has(200, {"credential": PASSKEY})["credential"]


def lives(api: Lifecycle, algorithm) -> None:
    """Registration, sign-in, assertion, replay, removal with one algorithm."""
    device = Device(algorithm)
    options = api.creation()
    credential = device.create(options, api.origin)
    passkey = api.complete(credential).has(200, {"credential": PASSKEY})["credential"]
    expected = {
        "algorithm": algorithm.ALGORITHM, "attestationType": "none", "authenticatorSupportsUserVerification": True,
        "credentialId": credential["id"], "displayName": "Software", "name": "alice@example.com", "discoverable": True,
        "relyingPartyId": api.rp_id, "signCount": 0, "tenantId": TENANT, "transports": ["usb"], "userId": ALICE,
    }
    assert {name: passkey[name] for name in expected} == expected, passkey
    api.complete(credential).refuses("[ceremony-not-found]credential.response.clientDataJSON")
    try:
        device.create(api.creation(), api.origin)
        raise AssertionError("the device's own passkey was not excluded")
    except Unable:
        pass

    for who in ({"userId": ALICE}, {"loginId": "alice"}, {"loginId": "ALICE@example.com", "loginIdTypes": ["email"]}):
        answer = device.get(api.request(**who), api.origin)
        login = api.answer("login", answer).has(200, {"token": str, "user": dict})
        assert login["user"]["id"] == ALICE, login
        api.answer("login", answer).refuses("[ceremony-not-found]credential.response.clientDataJSON")
    state = {"to": ["/a", 1.5, None]}
    answer = device.get(api.request(userId=ALICE, credentialId=passkey["id"], state=state), api.origin)
    assert api.answer("login", answer).has(200, {"token": str, "user": dict, "state": dict})["state"] == state
    answer = device.get(api.request("reauthentication"), api.origin)
    asserted = api.answer("assert", answer).has(200, {"credential": PASSKEY})["credential"]
    assert asserted == api.retrieve(passkey) and asserted["signCount"] == 5, asserted
    api.answer("login", answer).refuses("[ceremony-not-found]credential.response.clientDataJSON")

    path = f"/api/webauthn/{passkey['id']}"
    assert passkey["id"] in [one["id"] for one in all_of(api)]
    late = device.get(api.request(), api.origin)
    api.keyed("DELETE", path).has(200, None)
    for method in ("GET", "DELETE"):
        api.keyed(method, path).has(404, None)
    api.answer("login", late).has(404, None)


def all_of(api: Lifecycle) -> list:
    answer = api.keyed("GET", f"/api/webauthn?userId={ALICE}")
    return answer.has(200, {"credentials": [PASSKEY]})["credentials"]


def refuses_registrations(api: Lifecycle) -> None:
    before = all_of(api)
    evil, client_data, attestation = "https://evil.example", "credential.response.clientDataJSON", "credential.response.attestationObject"
    # What the device lies about, what the request says besides, and the refusal.
    cases = [
        ({"origin": evil}, {"origin": evil}, "[origin-mismatch]origin"),
        ({"origin": evil}, {}, "[origin-mismatch]origin"),
        ({}, {"origin": evil}, "[invalid]origin"),
        ({"rp_id": "evil.example"}, {}, "[rp-id-hash-mismatch]rpId"),
        ({}, {"rpId": "evil.example"}, "[invalid]rpId"),
        ({"challenge": b"0" * 32}, {}, f"[ceremony-not-found]{client_data}"),
        ({"type": "webauthn.get"}, {}, f"[client-data-type-mismatch]{client_data}"),
        ({"algorithm": EdDSA}, {}, f"[algorithm-not-offered]{attestation}"),
        ({"flags": FLAG.UV}, {}, "[user-not-present]"),
        ({"flags": FLAG.UP}, {}, "[user-not-verified]"),
        ({}, {"userId": BERTHA}, "[invalid]userId"),
    ]
    for lies, edits, code in cases:
        credential = Device().create(api.creation(), api.origin, **lies)
        api.complete(credential, **edits).refuses(code)
    credential = Device().create(api.creation(), api.origin)
    api.complete({**credential, "id": flipped(credential["id"])}).refuses("[credential-id-mismatch]credential.id")
    assert all_of(api) == before, "nothing was registered"


def refuses_logins(api: Lifecycle) -> None:
    device, others = Device(), Device()
    passkey, foreign = api.register(device), api.register(others, BERTHA)
    evil, client_data = "https://evil.example", "credential.response.clientDataJSON"
    cases = [
        ({"origin": evil}, {"origin": evil}, "[origin-mismatch]origin"),
        ({"origin": evil}, {}, "[origin-mismatch]origin"),
        ({}, {"origin": evil}, "[invalid]origin"),
        ({"rp_id": "evil.example"}, {}, "[rp-id-hash-mismatch]rpId"),
        ({}, {"rpId": "evil.example"}, "[invalid]rpId"),
        ({"challenge": b"0" * 32}, {}, f"[ceremony-not-found]{client_data}"),
        ({"type": "webauthn.create"}, {}, f"[client-data-type-mismatch]{client_data}"),
        ({"flags": FLAG.UV}, {}, "[user-not-present]"),
        ({"flags": FLAG.UP}, {}, "[user-not-verified]"),
    ]
    for what in ("login", "assert"):
        for lies, edits, code in cases:
            credential = device.get(api.request(userId=ALICE, credentialId=passkey["id"]), api.origin, **lies)
            api.answer(what, credential, **edits).refuses(code)
        for member, code in (
            ("signature", "[signature-invalid]credential.response.signature"),
            ("authenticatorData", "[signature-invalid]credential.response.signature"),
            ("userHandle", "[user-handle-mismatch]credential.response.userHandle"),
        ):
            credential = device.get(api.request(userId=ALICE, credentialId=passkey["id"]), api.origin)
            credential["response"][member] = flipped(credential["response"][member])
            api.answer(what, credential).refuses(code)
        # Another user's passkey, and another passkey than the one that was asked for.
        options = api.request()
        options["allowCredentials"] = [{"id": foreign["credentialId"], "type": "public-key"}]
        api.answer(what, others.get(options, api.origin)).refuses("[credential-not-allowed]credential.id")
        # Of a copied authenticator, whose counter stands still.
        for counter, refused in ((100, False), (100, True), (7, True)):
            answer = api.answer(what, device.get(api.request(), api.origin, counter=counter))
            if refused:
                answer.refuses("[counter-not-increased]credential.response.authenticatorData")
            else:
                answer.has(200, dict)
        device.passkeys[-1].counter = 100
        passkey = api.register(device := Device())
    assert api.retrieve(foreign) == foreign, "nobody used it"
    locked = api.register(device := Device(), IGOR)
    api.answer("login", device.get(api.request(userId=IGOR), api.origin)).has(423, None)
    assert api.retrieve(locked) == locked, "a login that was vetoed changes nothing"


def guards(api: Lifecycle) -> None:
    for key in ({}, {"Authorization": "another key"}, {"Authorization": f"Bearer {api.key}"}):
        for method, path in (
            ("GET", f"/api/webauthn?userId={ALICE}"),
            ("DELETE", f"/api/webauthn?userId={ALICE}"),
            ("POST", "/api/webauthn/register/start"),
            ("POST", "/api/webauthn/start"),
            ("POST", "/api/webauthn/import"),
        ):
            api.server.call(method, path, {}, **key).has(401, None)
    passkey = api.register(Device())
    elsewhere = {"Authorization": api.key, "X-FusionAuth-TenantId": STAFF}
    api.server.call("GET", f"/api/webauthn/{passkey['id']}", **elsewhere).has(404, None)
    api.server.call("POST", "/api/webauthn/register/complete", {}).has(400, {"fieldErrors": dict, "generalErrors": list})
    api.keyed("DELETE", f"/api/webauthn?userId={ALICE}").has(200, None)
    assert all_of(api) == []


def conforms(server: Server, origin: str, algorithm) -> None:
    """The conformance routes with one algorithm, with and without attestation."""
    # This device does not tell its transports.
    bare = {"id": str, "type": str}
    creation = {
        **OK, "attestation": str, "authenticatorSelection": dict, "challenge": str, "excludeCredentials": [bare],
        "extensions": dict, "pubKeyCredParams": [{"alg": int, "type": str}], "rp": {"id": str, "name": str}, "timeout": int,
        "user": {"displayName": str, "id": str, "name": str},
    }
    request = {**OK, "allowCredentials": [bare], "challenge": str, "rpId": str, "timeout": int, "userVerification": str}
    done = {"status": "ok", "errorMessage": ""}
    name = f"device-{algorithm.__name__}"

    def register(device, attestation="direct", **lies):
        form = {
            "username": name, "displayName": "A device", "attestation": attestation,
            "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        }
        options = without(server.call("POST", "/attestation/options", form), creation)
        return device.create(options, origin, **lies)

    def use(device, username=name, **lies):
        form = {"username": username, "userVerification": "required"}
        options = without(server.call("POST", "/assertion/options", form), request)
        return device.get(options, origin, **lies)

    def created(credential):
        return server.call("POST", "/attestation/result", credential)

    def asserted(credential):
        return server.call("POST", "/assertion/result", credential)

    server.call("POST", "/assertion/options", {"username": name}).fails("user-not-found", 404)
    device = Device(algorithm, attests=True)
    credential = register(device)
    created(credential).has(200, done)
    created(credential).fails("ceremony-not-found")
    for username in (name, ""):
        credential = use(device, username)
        asserted(credential).has(200, done)
        asserted(credential).fails("ceremony-not-found")
    created(register(Device(algorithm), "none")).has(200, done)

    forged = register(Device(algorithm, attests=True))
    forged["response"]["attestationObject"] = spoiled(forged["response"]["attestationObject"])
    created(forged).fails("attestation-signature-invalid")
    credential = use(device)
    credential["response"]["signature"] = flipped(credential["response"]["signature"])
    asserted(credential).fails("signature-invalid")
    for lies, code in (
        ({"origin": "https://evil.example"}, "origin-mismatch"),
        ({"rp_id": "evil.example"}, "rp-id-hash-mismatch"),
        ({"flags": FLAG.UP}, "user-not-verified"),
        ({"challenge": b"0" * 32}, "ceremony-not-found"),
    ):
        created(register(Device(algorithm), **lies)).fails(code)
        asserted(use(device, **lies)).fails(code)
    # Another browser's answer.
    credential, cookie = use(device), server.cookie
    server.cookie = None
    asserted(credential).fails("ceremony-session-mismatch")
    server.cookie = cookie


def without(answer: Answer, shape: dict) -> dict:
    """The options of an answer, whose optional members may be there."""
    assert answer.status == 200, f"{answer.request}: {answer.status}: {answer.body}"
    body = answer.body
    there = {name: of_member for name, of_member in shape.items() if name in body}
    fits(body, there, answer.request)
    assert {"challenge", "status", "errorMessage"} <= body.keys() and body["status"] == "ok", body
    count()
    return {name: value for name, value in body.items() if name not in OK}


def spoiled(attestation_object: str) -> str:
    """An attestation object with one bit of its statement's signature changed."""
    read = AttestationObject(websafe_decode(attestation_object))
    statement = dict(read.att_stmt)
    statement["sig"] = statement["sig"][:-1] + bytes([statement["sig"][-1] ^ 1])
    return websafe_encode(AttestationObject.create(read.fmt, read.auth_data, statement))


def main(url: str, key: str, origin: str | None = None) -> None:
    server, origin = Server(url), origin or url
    api = Lifecycle(server, key, origin)
    for algorithm in (ES256, ES384, ES512, RS256, PS256):
        lives(api, algorithm)
    refuses_registrations(api)
    refuses_logins(api)
    guards(api)
    for algorithm in (ES256, RS256, EdDSA, ES384, ES512, PS256):
        conforms(server, origin, algorithm)
    print(f"clients: {counted} answers are as they have to be")


if __name__ == "__main__":
    main(*sys.argv[1:])
