#include "tsr_conv__mve.h"

/* Channels from c on, at most four, of the pixel whose window the tile has as its first. */
static inline void some_channels(const tsr_conv_mve *p, const tsr_mve_tile *tile, int32_t c, int32_t pixel, int8_t *out) {
  const int32_t lanes = tsr_min(4, p->out_channels - c);
  const int8_t *weights = p->weights + c * p->window_bytes;
  /* Channels that are not there are computed as one that is. */
  const int32_t second = lanes > 1 ? p->window_bytes : 0;
  const int32_t third = lanes > 2 ? 2 * p->window_bytes : 0;
  const int32_t fourth = lanes > 3 ? 3 * p->window_bytes : 0;
  const int32_t bytes = tile->runs > 1 ? 16 * tile->blocks : p->window_bytes;
  int32_t sums[4] = {0};
  for (int32_t run = 0; run < tile->runs; ++run) {
    const int8_t *window = tile->windows[3 * run + pixel];
    tsr_mve_dot_1x4(sums, window, weights, weights + second, weights + third, weights + fourth, bytes);
    weights += bytes;
  }
  const int32_t *stream = p->stream + 2 * c;
  const tsr_mve_s32 bias = tsr_mve_load_part_s32(stream, lanes);
  const tsr_mve_s32 multipliers = tsr_mve_load_part_s32(stream + lanes, lanes);
  const tsr_mve_s32 four = tsr_mve_add_s32(tsr_mve_words(sums[0], sums[1], sums[2], sums[3]), bias);
  tsr_mve_store_part_bytes(out + c,
                           tsr_mve_requantize(four, multipliers, p->offset, p->shift, tsr_mve_all_s32(p->min),
                                              tsr_mve_all_s32(p->max)),
                           lanes);
}

static inline void copy(int8_t *to, const int8_t *from, int32_t bytes) {
  for (; bytes >= 16; bytes -= 16, to += 16, from += 16) tsr_mve_store_s8(to, tsr_mve_load_s8(from));
  if (bytes > 0) tsr_mve_store_part_s8(to, tsr_mve_load_part_s8(from, bytes), bytes);
}

static inline void fill(int8_t *to, int32_t value, int32_t bytes) {
  const tsr_mve_s8 v = tsr_mve_all_s8(value);
  for (; bytes >= 16; bytes -= 16, to += 16) tsr_mve_store_s8(to, v);
  if (bytes > 0) tsr_mve_store_part_s8(to, v, bytes);
}

/* Copies the window whose first column is `first`, with zero points where the input has no pixel, and zeros behind it. */
static void copy_window(const tsr_conv_mve *p, const int8_t *const *rows, int32_t in_width, int32_t first, int8_t *to) {
  const int32_t row_bytes = p->kernel_w * p->in_channels;
  const int32_t together = p->kernel_w == 1 || (p->dilation_w == 1 && p->in_pixel == p->in_channels);
  const int32_t inside = together && first >= 0 && first + (p->kernel_w - 1) * p->dilation_w < in_width;
  const int32_t behind = 16 * p->window_vectors - p->window_bytes;
  if (behind > 0) fill(to + p->window_bytes, 0, behind);
  for (int32_t ky = 0; ky < p->kernel_h; ++ky, to += row_bytes) {
    if (rows[ky] == NULL) {
      fill(to, p->input_zero_point, row_bytes);
    } else if (inside) {
      copy(to, rows[ky] + first * p->in_pixel, row_bytes);
    } else {
      for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
        const int32_t column = first + kx * p->dilation_w;
        if (column < 0 || column >= in_width) {
          fill(to + kx * p->in_channels, p->input_zero_point, p->in_channels);
        } else {
          copy(to + kx * p->in_channels, rows[ky] + column * p->in_pixel, p->in_channels);
        }
      }
    }
  }
}

void tsr_conv_s8s8__mve(const tsr_conv_mve *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  int8_t *copies = scratch;
  const int32_t copy_bytes = 16 * p->window_vectors;
  const int8_t *windows[3 * (tsr_conv_mve_runs + 1)];
  tsr_mve_tile tile = {windows,   0,         0,      p->weights, p->window_bytes, p->stream,
                       p->offset, p->shift, p->min, p->max,     {p->out_pixel, 2 * p->out_pixel}};
  int32_t whole = p->run_vectors > 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) whole &= rows[ky] != NULL;
  for (int32_t x = 0; x < segment->out_width; x += 3, out += 3 * p->out_pixel) {
    const int32_t count = tsr_min(3, segment->out_width - x);
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int32_t last = first + (count - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w;
    const int32_t direct = whole && first >= 0 && last < segment->in_width;
    tile.runs = direct ? p->kernel_h : 1;
    tile.blocks = direct ? p->run_vectors : p->window_vectors;
    for (int32_t i = 0; i < 3; ++i) {
      windows[3 * tile.runs + i] = NULL;
      /* Pixels that are not there are computed as the last that is. */
      const int32_t pixel = tsr_min(i, count - 1);
      const int32_t column = first + pixel * p->stride_w;
      if (direct) {
        for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
          windows[3 * ky + i] = rows[ky] + column * p->in_pixel;
        }
      } else {
        if (pixel == i) copy_window(p, rows, segment->in_width, column, copies + i * copy_bytes);
        windows[i] = copies + pixel * copy_bytes;
      }
      if (i > 0) tile.apart[i - 1] = pixel * p->out_pixel;
    }
    if (count > 1) tsr_mve_tile_3x4(&tile, p->tiles, out);
    for (int32_t i = 0; i < count; ++i) {
      for (int32_t c = count > 1 ? 4 * p->tiles : 0; c < p->out_channels; c += 4) {
        some_channels(p, &tile, c, i, out + i * p->out_pixel);
      }
    }
  }
}
