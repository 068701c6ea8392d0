// Waiting for a GPU: the program in WebAssembly is suspended until the browser has got on (JavaScript Promise Integration).

/** What may wait, by the names of wasm-bindgen's exports. */
const WAITING = /^lab_(useDevice|start|load|train|test|weights|show|digest)$/;

interface Integration {
  Suspending: new (call: () => Promise<void>) => WebAssembly.ImportValue;
  promising(call: Function): (...args: unknown[]) => Promise<unknown>;
}

const integration = WebAssembly as unknown as Partial<Integration>;

/** Whether a GPU can be waited for. */
export const canWait = Boolean(integration.Suspending && integration.promising && navigator.gpu);

/** Whether the only GPU is one in software. */
export async function isSoftware(): Promise<boolean> {
  return (await navigator.gpu.requestAdapter())?.info.isFallbackAdapter ?? false;
}

let waits = false;

/** From now on calls may wait, and give promises. */
export function letWait(): void {
  waits = true;
}

/** Has the next program that is instantiated call `turn` where it waits. */
export function allowWaiting(turn: () => Promise<void>): void {
  const { Suspending, promising } = integration;
  const plain = WebAssembly.instantiate as (module: WebAssembly.Module, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>;
  if (!canWait || !Suspending || !promising) return;
  const instantiate = async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
    for (const group of Object.values(imports)) {
      for (const name of Object.keys(group)) if (name.includes("spikepruneTurn")) group[name] = new Suspending(turn);
    }
    const instance = await plain(module, imports);
    const exports = { ...instance.exports };
    for (const [name, call] of Object.entries(exports)) {
      if (!WAITING.test(name) || typeof call !== "function") continue;
      const waiting = promising(call);
      exports[name] = (...args: unknown[]) => (waits ? waiting(...args) : call(...args));
    }
    return Object.create(WebAssembly.Instance.prototype, { exports: { value: exports } });
  };
  WebAssembly.instantiate = instantiate as unknown as typeof WebAssembly.instantiate;
}
