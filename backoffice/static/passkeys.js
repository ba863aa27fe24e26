"use strict";
// Passkeys (W3C Web Authentication): the form carries what the server asks, and sends what the authenticator answers.

const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toBase64 = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withId = (each) => ({ ...each, id: fromBase64(each.id) });

async function makePasskey(asked) {
  const publicKey = {
    ...asked,
    challenge: fromBase64(asked.challenge),
    user: withId(asked.user),
    excludeCredentials: (asked.excludeCredentials || []).map(withId),
  };
  const made = await navigator.credentials.create({ publicKey });
  return {
    id: made.id, rawId: toBase64(made.rawId), type: made.type,
    response: {
      clientDataJSON: toBase64(made.response.clientDataJSON),
      attestationObject: toBase64(made.response.attestationObject),
    },
  };
}

async function usePasskey(asked) {
  const publicKey = {
    ...asked,
    challenge: fromBase64(asked.challenge),
    allowCredentials: (asked.allowCredentials || []).map(withId),
  };
  const used = await navigator.credentials.get({ publicKey });
  return {
    id: used.id, rawId: toBase64(used.rawId), type: used.type,
    response: {
      clientDataJSON: toBase64(used.response.clientDataJSON),
      authenticatorData: toBase64(used.response.authenticatorData),
      signature: toBase64(used.response.signature),
      userHandle: used.response.userHandle ? toBase64(used.response.userHandle) : null,
    },
  };
}

document.querySelectorAll("[data-passkey-make], [data-passkey-use]").forEach((form) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { passkeyMake, passkeyUse } = form.dataset;
    const problem = form.querySelector("[data-passkey-error]");
    problem.hidden = true;
    try {
      const answer = passkeyMake ? await makePasskey(JSON.parse(passkeyMake)) : await usePasskey(JSON.parse(passkeyUse));
      form.elements.answer.value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      problem.hidden = false;
    }
  });
});
