// Runs in every document before the page's own script. It writes down what the page says to the server and to the authenticators,
// and meddles where a test asks for it.
{
  const test = (window.test = {
    sent: [], // requests with a body
    made: [], // answers of authenticators
    signals: [],
    asking: () => {}, // may change what an authenticator is asked
    answered: (json) => json, // may change what it answers
    pause: null, // what the answer waits for
  });

  const { fetch } = window;
  window.fetch = (path, init = {}) => {
    if (init.body) test.sent.push({ method: init.method, path, body: init.body });
    return fetch(path, init);
  };

  const Passkeys = window.PublicKeyCredential ?? {};
  for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials"]) {
    const signal = Passkeys[name]?.bind(Passkeys);
    Passkeys[name] = (payload) => {
      test.signals.push({ name, payload });
      return signal(payload);
    };
  }

  const { credentials } = navigator; // none where the context is not secure
  for (const name of credentials ? ["create", "get"] : []) {
    const ask = credentials[name].bind(credentials);
    credentials[name] = async (options) => {
      test.asking(options.publicKey, name);
      const credential = await ask(options);
      const json = test.answered(credential.toJSON());
      credential.toJSON = test.old ? undefined : () => json;
      test.made.push(json);
      await test.pause;
      return credential;
    };
  }
}
