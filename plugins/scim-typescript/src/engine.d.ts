// What the engine has beside the language, as far as it is used here.

declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}
