/** A line of bytes to a device: a serial port, or an emulator in a test. */
export interface ByteLink {
  /** Sends bytes. Fails once the other end has hung up. */
  write(bytes: Uint8Array): Promise<void>;
  /** The next byte, or null where none comes within so many milliseconds. Fails once the other end has hung up. */
  read(milliseconds: number): Promise<number | null>;
}

/** What a link gives as it comes: the bytes so far, or null. */
export interface ChunkLink {
  write(bytes: Uint8Array): Promise<void>;
  read(milliseconds: number): Promise<Uint8Array | null>;
}

/** A link byte by byte. */
export function byteLinkOf(link: ChunkLink): ByteLink {
  let bytes = new Uint8Array();
  let at = 0;
  return {
    write: (data) => link.write(data),
    async read(milliseconds) {
      if (at === bytes.length) {
        const more = await link.read(milliseconds);
        if (more === null) return null;
        bytes = Uint8Array.from(more);
        at = 0;
      }
      at += 1;
      return bytes[at - 1] ?? null;
    },
  };
}
