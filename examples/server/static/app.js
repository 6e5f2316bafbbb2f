// The page's script. It talks to /api, and to the browser's passkeys through the browser's own JSON methods.

const $ = (id) => document.getElementById(id);

// --- The server -------------------------------------------------------------------------------------------------------

/** What the user reads; `code` is for this script. */
class Problem extends Error {
  constructor(code, message, unknownCredential) {
    super(message);
    Object.assign(this, { code, unknownCredential });
  }
}

async function call(method, path, body) {
  const init = { method, headers: {} };
  if (method !== "GET") {
    init.headers["content-type"] = "application/json";
    init.body = JSON.stringify(body ?? {});
  }
  let response;
  try {
    response = await fetch(`/api${path}`, init);
  } catch {
    throw new Problem("offline", "The server cannot be reached. Please check your connection and try again.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { code, message } = answer?.error ?? {};
  throw new Problem(code ?? "fault", message ?? "Something went wrong on our side. Please try again later.", answer?.unknownCredential);
}

// --- The browser's passkeys -------------------------------------------------------------------------------------------

const Passkeys = window.PublicKeyCredential;

// Browsers before 2025 lack the JSON methods; what they need converted is little.
const fromBase64url = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toBase64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const descriptors = (list) => (list ?? []).map((one) => ({ ...one, id: fromBase64url(one.id) }));

function parseCreation(options) {
  if (Passkeys.parseCreationOptionsFromJSON) return Passkeys.parseCreationOptionsFromJSON(options);
  return {
    ...options,
    challenge: fromBase64url(options.challenge),
    user: { ...options.user, id: fromBase64url(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  };
}

function parseRequest(options) {
  if (Passkeys.parseRequestOptionsFromJSON) return Passkeys.parseRequestOptionsFromJSON(options);
  return { ...options, challenge: fromBase64url(options.challenge), allowCredentials: descriptors(options.allowCredentials) };
}

function asJson(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { response } = credential;
  const binary = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].filter((name) => response[name]);
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      ...Object.fromEntries(binary.map((name) => [name, toBase64url(response[name])])),
      transports: response.getTransports?.(),
    },
  };
}

/** Why the browser or the authenticator did nothing, in plain words. */
function explained(error) {
  const words = {
    NotAllowedError: "That was cancelled or took too long. Nothing has changed.",
    InvalidStateError: "You already have a passkey on this device.",
    ConstraintError: "This device cannot check that it is you. Please use another one, or set up a screen lock.",
    NotSupportedError: "This device cannot make a passkey that fits. Please use another one.",
    SecurityError: "Passkeys do not work at this address. Please open the site by its usual one.",
  };
  return error instanceof Problem ? error.message : (words[error.name] ?? "Something went wrong. Please reload the page and try again.");
}

// One request at a time: whoever comes ends the one before, the one that waits in the autofill above all, and begins
// when that has ended.
let turn = { abort() {}, ended: Promise.resolve() };

async function inTurn(work) {
  const [before, controller] = [turn, new AbortController()];
  let end;
  turn = { abort: () => controller.abort(), ended: new Promise((resolve) => (end = resolve)) };
  try {
    before.abort();
    await before.ended;
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } finally {
    end();
  }
}

const register = (path, form) =>
  inTurn(async (signal) => {
    const { ceremony, options } = await call("POST", `${path}/start`, form);
    const credential = await navigator.credentials.create({ publicKey: parseCreation(options), signal });
    try {
      return await call("POST", `${path}/finish`, { ceremony, credential: asJson(credential) });
    } catch (error) {
      // The authenticator holds a passkey that the server does not know.
      tell("signalUnknownCredential", error.unknownCredential);
      throw error;
    }
  });

const assert = (path, form, request, begun = () => {}) =>
  inTurn(async (signal) => {
    const { ceremony, options } = await call("POST", `${path}/start`, form);
    begun(options);
    const credential = await navigator.credentials.get({ publicKey: parseRequest(options), signal, ...request });
    return call("POST", `${path}/finish`, { ceremony, credential: asJson(credential) });
  });

/** Offers passkeys in the autofill of the user name, for as long as the sign-in is shown. */
async function offerAutofill() {
  if (!(await Passkeys?.isConditionalMediationAvailable?.())) return;
  let renewal;
  // The browser waits without end, the server does not: ask again before it forgets.
  const begun = ({ timeout = 240_000 }) => (renewal = setTimeout(offerAutofill, timeout));
  try {
    await enter(await assert("/sign-in", {}, { mediation: "conditional" }, begun));
  } catch (error) {
    // Nobody asked for this request: only the server's refusal of a chosen passkey is news.
    if (!(error instanceof Problem) || error.code === "offline") return;
    say(error.message, "error");
    if (renewal) offerAutofill();
  } finally {
    clearTimeout(renewal);
  }
}

/** Tells the user's authenticators what has changed, where the browser can. */
function tell(method, payload) {
  if (payload) Promise.resolve(Passkeys?.[method]?.(payload)).catch(() => {});
}

// --- Showing ----------------------------------------------------------------------------------------------------------

function say(text, kind = "") {
  $("message").className = kind;
  $("message").textContent = text;
}

/** Runs what a button does: once at a time, errors in plain words. */
async function attempt(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  say("");
  try {
    await work();
  } catch (error) {
    // Another request took this one's turn: the user did that.
    if (error.name === "AbortError") return;
    if (error.code === "signed-out") leave();
    else if (view === "sign-in") offerAutofill();
    say(explained(error), "error");
  } finally {
    button.removeAttribute("aria-busy");
  }
}

let view = "";

/** Shows one of `sign-in`, `sign-up` and `account`, and says so to whoever cannot see it. */
function show(next, focus = true) {
  view = next;
  $("account").hidden = $("who").hidden = view !== "account";
  $("entrance").hidden = view === "account";
  $("sign-in").hidden = view !== "sign-in";
  $("sign-up").hidden = view !== "sign-up";
  if (focus) $(`${view}-title`).focus();
  if (view === "sign-in") offerAutofill();
  else turn.abort();
}

async function enter({ accepted }) {
  tell("signalAllAcceptedCredentials", accepted);
  say("");
  await refresh();
  show("account");
}

function leave(message = "") {
  $("passkeys").replaceChildren();
  for (const form of [$("sign-in-form"), $("sign-up-form")]) form.reset();
  show("sign-in");
  say(message);
}

/** Fetches who is signed in and shows the passkeys; false if nobody is. */
async function refresh() {
  const { user, passkeys } = await call("GET", "/me");
  if (!user) return false;
  $("who-name").textContent = user.username;
  $("account-title").textContent = `Hello, ${user.displayName}`;
  $("passkeys").replaceChildren(...passkeys.map(row));
  $("advice").hidden = passkeys.length !== 1;
  return true;
}

function row(passkey) {
  const item = $("passkey").content.cloneNode(true).firstElementChild;
  const part = (selector) => item.querySelector(selector);
  item.dataset.id = passkey.id;
  part(".name").textContent = passkey.name;
  const badges = [
    passkey.thisSession && ["You are signed in with this one", "now"],
    passkey.provider && passkey.provider !== passkey.name && [passkey.provider],
    [passkey.backedUp ? "Backed up" : passkey.backupEligible ? "Not backed up yet" : "On one device only"],
  ];
  part(".badges").append(...badges.filter(Boolean).map(([text, name = ""]) => element("span", { textContent: text, className: name })));
  part(".created").append(...moment(passkey.createdAt));
  part(".used").append(...(passkey.lastUsedAt ? moment(passkey.lastUsedAt) : ["Not yet"]));
  part(".do-rename").setAttribute("aria-label", `Rename ${passkey.name}`);
  part(".do-delete").setAttribute("aria-label", `Delete ${passkey.name}`);
  part(".do-rename").addEventListener("click", () => rename(item, passkey));
  part(".do-delete").addEventListener("click", (event) => attempt(event.currentTarget, () => remove(passkey)));
  return item;
}

const element = (name, properties) => Object.assign(document.createElement(name), properties);

/** A moment, as people say it and exactly. */
function moment(seconds) {
  const date = new Date(seconds * 1000);
  const units = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const past = Math.max(0, Date.now() / 1000 - seconds);
  const [unit, length] = units.find(([, length]) => past >= length) ?? [];
  const relative = unit ? new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(past / length), unit) : "just now";
  const exact = date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const time = element("time", { dateTime: date.toISOString(), textContent: relative });
  return [time, " ", element("span", { className: "exact", textContent: exact })];
}

// --- Doing ------------------------------------------------------------------------------------------------------------

$("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(event.submitter, async () => enter(await assert("/sign-in", { username: $("sign-in-name").value.trim() })));
});

$("sign-up-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const username = $("sign-up-name").value.trim();
  if (!username) {
    say("Please choose a user name.", "error");
    return $("sign-up-name").focus();
  }
  attempt(event.submitter, async () => {
    await enter(await register("/sign-up", { username, displayName: $("sign-up-display").value.trim() }));
    say("Welcome. Your passkey is ready.");
  });
});

$("to-sign-up").addEventListener("click", () => {
  say("");
  $("sign-up-name").value = $("sign-in-name").value;
  show("sign-up", false);
  $("sign-up-name").focus();
});

$("to-sign-in").addEventListener("click", () => {
  say("");
  show("sign-in");
});

$("sign-out").addEventListener("click", (event) =>
  attempt(event.currentTarget, async () => {
    await call("POST", "/sign-out");
    leave("You are signed out.");
  }),
);

$("add").addEventListener("click", (event) =>
  attempt(event.currentTarget, async () => {
    const { passkey, accepted } = await confirmed(() => register("/passkeys"));
    tell("signalAllAcceptedCredentials", accepted);
    await refresh();
    say(`The passkey “${passkey.name}” has been added.`);
  }),
);

$("delete-account").addEventListener("click", (event) =>
  attempt(event.currentTarget, async () => {
    const text = "Your account and all its passkeys will be gone from this site. This cannot be undone.";
    if (!(await ask("Delete your account?", text, "Delete account"))) return;
    const { accepted } = await confirmed(() => call("DELETE", "/me"));
    tell("signalAllAcceptedCredentials", accepted);
    leave("Your account has been deleted.");
  }),
);

async function remove(passkey) {
  const text = "You will not be able to sign in with it any more. Devices that can will also stop offering it.";
  if (!(await ask(`Delete “${passkey.name}”?`, text, "Delete passkey"))) return;
  const { accepted } = await confirmed(() => call("DELETE", `/passkeys/${passkey.id}`));
  tell("signalAllAcceptedCredentials", accepted);
  await refresh();
  say(`The passkey “${passkey.name}” has been deleted.`);
  $("passkeys-title").focus();
}

function rename(item, passkey) {
  const part = (selector) => item.querySelector(selector);
  const [form, input, button] = [part(".rename"), part("input"), part(".do-rename")];
  const toggle = (open) => {
    form.hidden = !open;
    part(".name").hidden = part(".actions").hidden = open;
    (open ? input : button).focus();
  };
  input.value = passkey.name;
  toggle(true);
  input.select();
  part(".cancel").onclick = () => toggle(false);
  form.onkeydown = (event) => {
    if (event.key === "Escape") toggle(false);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    attempt(event.submitter, async () => {
      const renamed = await call("PATCH", `/passkeys/${passkey.id}`, { name: input.value.trim() });
      const fresh = row(renamed.passkey);
      item.replaceWith(fresh);
      fresh.querySelector(".do-rename").focus();
      say(`The passkey is now called “${renamed.passkey.name}”.`);
    });
  };
}

/** Asks a question; true for yes. The browser's dialogue keeps the focus inside and gives it back. */
function ask(title, text, yes) {
  const dialog = $("ask");
  $("ask-title").textContent = title;
  $("ask-text").textContent = text;
  $("ask-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Does what is dangerous; where the server wants to see a passkey first, shows one and does it again. */
async function confirmed(work) {
  try {
    return await work();
  } catch (error) {
    if (error.code !== "confirm-first") throw error;
  }
  if (!(await stepUp())) throw new Problem("cancelled", "That was cancelled. Nothing has changed.");
  return work();
}

/** Shows a passkey again; false if the user would rather not. */
function stepUp() {
  const dialog = $("step-up");
  const [form, message] = [dialog.querySelector("form"), dialog.querySelector(".message")];
  message.textContent = "";
  let [done, end] = [false, null];
  form.onsubmit = async (event) => {
    event.preventDefault();
    message.textContent = "";
    try {
      await assert("/step-up");
      done = true;
      dialog.close();
    } catch (error) {
      if (error.code === "signed-out") {
        end = error;
        dialog.close();
      } else if (error.name !== "AbortError") message.textContent = explained(error);
    }
  };
  dialog.querySelector(".cancel").onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve, reject) => {
    const close = () => {
      // Whoever cancels cancels the browser's question too.
      if (!done) turn.abort();
      if (end) reject(end);
      else resolve(done);
    };
    dialog.addEventListener("close", close, { once: true });
  });
}

// --- Beginning --------------------------------------------------------------------------------------------------------

try {
  show((await refresh()) ? "account" : "sign-in", false);
} catch (error) {
  show("sign-in", false);
  say(explained(error), "error");
}
if (!Passkeys) {
  say("This browser does not know passkeys. Please use a newer one.", "error");
  for (const button of document.querySelectorAll("main button[type=submit]")) button.disabled = true;
}
