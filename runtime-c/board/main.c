/* Tessera firmware: starts the board, then does what the host says. */
#include "tsr_board.h"
#include "tsr_firmware.h"

int main(void) {
  tsr_board_init();
  tsr_firmware();
  return 0;
}
