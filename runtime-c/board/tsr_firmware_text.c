/* Tessera firmware: text to the host, and words from it. See tsr_session.h. */
#include "tsr_session.h"

void tsr_put(char c) {
  tsr_session.sum = tsr_fnv(tsr_session.sum, (uint8_t)c);
  tsr_board_write((uint8_t)c);
}

void tsr_put_text(const char *text) {
  while (*text != '\0') tsr_put(*text++);
}

void tsr_put_end(void) { tsr_put_text("\r\n"); }

void tsr_put_line(const char *text) {
  tsr_put_text(text);
  tsr_put_end();
}

uint64_t tsr_divide(uint64_t value, uint32_t by, uint32_t *rest) {
  uint32_t left = 0;
  for (int32_t i = 0; i < 64; ++i) {
    /* The quotient comes in from below as the value goes out above. */
    left = (left << 1) | (uint32_t)(value >> 63);
    value <<= 1;
    if (left >= by) {
      left -= by;
      value |= 1u;
    }
  }
  *rest = left;
  return value;
}

void tsr_put_number(uint64_t value) {
  char digits[20];
  uint32_t count = 0;
  do {
    uint32_t digit;
    value = tsr_divide(value, 10u, &digit);
    digits[count++] = (char)('0' + (char)digit);
  } while (value != 0u);
  while (count > 0u) tsr_put(digits[--count]);
}

static char hex_digit(uint32_t value) { return "0123456789abcdef"[value & 15u]; }

void tsr_put_hex_byte(uint8_t byte) {
  tsr_put(hex_digit(byte >> 4));
  tsr_put(hex_digit(byte));
}

void tsr_put_hex_word(uint32_t value) {
  for (int32_t shift = 24; shift >= 0; shift -= 8) tsr_put_hex_byte((uint8_t)(value >> shift));
}

void tsr_put_error(const char *text) {
  tsr_put_text("e-[");
  tsr_put_text(text);
  tsr_put_line("]");
}

/* Three decimals, ties to even on the exact value, as printf("%.3f") does. Values beyond 2^50 are printed as 2^50. */
void tsr_put_float(float value) {
  union {
    float value;
    uint32_t bits;
  } number = {value};
  const uint32_t field = (number.bits >> 23) & 255u;
  uint64_t thousandths = (number.bits & 0x7FFFFFu) | (field > 0u ? 0x800000u : 0u);
  /* |value| = mantissa * 2^exponent */
  const int32_t exponent = (int32_t)(field > 0u ? field : 1u) - 150;
  if (exponent > 27) {
    thousandths = ((uint64_t)1 << 50) * 1000u;
  } else if (exponent >= 0) {
    thousandths = (thousandths << exponent) * 1000u;
  } else {
    const int32_t down = -exponent;
    thousandths *= 1000u;
    if (down > 60) {
      thousandths = 0u;
    } else {
      const uint64_t half = (uint64_t)1 << (down - 1);
      const uint64_t rest = thousandths & ((half << 1) - 1u);
      thousandths >>= down;
      if (rest > half || (rest == half && (thousandths & 1u) != 0u)) ++thousandths;
    }
  }
  if ((number.bits >> 31) != 0u) tsr_put('-');
  uint32_t rest;
  tsr_put_number(tsr_divide(thousandths, 1000u, &rest));
  tsr_put('.');
  tsr_put((char)('0' + (char)(rest / 100u)));
  tsr_put((char)('0' + (char)(rest / 10u % 10u)));
  tsr_put((char)('0' + (char)(rest % 10u)));
}

void tsr_put_count(const char *text, uint32_t count) {
  tsr_put_text(text);
  tsr_put_number(count);
  tsr_put_end();
}

char *tsr_next_word(char **rest) {
  char *start = *rest;
  while (*start == ' ') ++start;
  if (*start == '\0') return NULL;
  char *end = start;
  while (*end != '\0' && *end != ' ') ++end;
  if (*end != '\0') *end++ = '\0';
  *rest = end;
  return start;
}

int tsr_is_same(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

int32_t tsr_number_of(const char *word) {
  uint32_t value = 0;
  if (word == NULL || *word == '\0') return -1;
  for (; *word != '\0'; ++word) {
    if (*word < '0' || *word > '9' || value > 214748363u) return -1;
    value = value * 10u + (uint32_t)(*word - '0');
  }
  return (int32_t)value;
}

int32_t tsr_hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
