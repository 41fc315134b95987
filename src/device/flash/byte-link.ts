/** A line of bytes to a device: a serial port, or an emulator in a test. */
export interface ByteLink {
  /** Sends bytes. Fails once the other end has hung up. */
  write(bytes: Uint8Array): Promise<void>;
  /** The next byte, or null where none comes within so many milliseconds. Fails once the other end has hung up. */
  read(milliseconds: number): Promise<number | null>;
}
