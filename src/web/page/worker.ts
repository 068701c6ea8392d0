import { breath, Session } from "./session";
import { allowWaiting } from "./suspend";
import type { Lab } from "./lab";
import type { Command, Report } from "./messages";

/** What wasm-bindgen puts before this script. */
declare const wasm_bindgen: {
  (options: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  Lab: new () => Lab;
};

async function open(module: WebAssembly.Module): Promise<Lab> {
  allowWaiting(breath);
  await wasm_bindgen({ module_or_path: module });
  return new wasm_bindgen.Lab();
}

const session = new Session(open, (report: Report) => self.postMessage(report));
self.addEventListener("message", (event: MessageEvent<Command>) => session.receive(event.data));
void session.run();
