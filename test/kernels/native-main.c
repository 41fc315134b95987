#include "driver.h"

/* The cases stand in the file that the first argument names. */
int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 2;
  const long bytes = ftell(file);
  unsigned char *cases = malloc((size_t)bytes);
  if (cases == NULL || fseek(file, 0, SEEK_SET) != 0) return 2;
  if (fread(cases, 1, (size_t)bytes, file) != (size_t)bytes) return 2;
  fclose(file);
  const int32_t different = driver_check(cases);
  free(cases);
  return different == 0 ? 0 : 1;
}
