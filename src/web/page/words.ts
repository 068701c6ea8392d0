import type { Shown } from "./lab";
import type { Stimulus } from "./messages";

/** Sentences that change with what happens. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(share >= 0.0005 && share < 0.0995 ? 1 : 0)}%`;
}

export function count(number: number): string {
  return number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 });
}

export function captionOf(stimulus: Stimulus["kind"], name: string, held: boolean): string {
  switch (stimulus) {
    case "digits":
      return held ? `A ${name}, held out` : `A ${name} to learn`;
    case "unknown":
      return `A ${name}, which it does not learn`;
    case "noise":
      return "Noise, as bright as a digit";
    case "drawing":
      return "Your drawing, scaled and centred";
  }
}

export function noteOf(stimulus: Stimulus["kind"], pruning: boolean, held: boolean): string {
  switch (stimulus) {
    case "digits":
      return held
        ? "A digit that it has not learned from. The button Digits brings the next."
        : "Digits come in one after another, and the network answers each with spikes.";
    case "unknown":
      return "It was never told of this digit, so that any answer is wrong and silence is right.";
    case "noise":
      return pruning
        ? "Noise has no strokes. As pruning takes what is not used, noise finds ever fewer synapses and falls silent."
        : "Noise has no strokes. Without pruning unused synapses stay, and noise is answered like a digit.";
    case "drawing":
      return "What you draw is answered at once, by the network as it is now.";
  }
}

export function answerOf(shown: Shown, nameOf: (label: number) => string): string {
  if (shown.answer !== null) return `It says ${nameOf(shown.answer)}`;
  if (shown.tied) return "A tie";
  return shown.excitatory.times.length === 0 ? "Silent" : "Not labelled yet";
}

export function pruningNote(pruning: boolean): string {
  return pruning
    ? "Pruning takes synapses that no spike has used for a while."
    : "Without pruning synapses stay that no spike uses.";
}
