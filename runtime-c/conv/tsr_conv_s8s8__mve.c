#include "tsr_conv__mve.h"

/* Channels from c on, at most four, of the pixel whose window the tile has as its first. */
static inline void conv_mve_some_channels(const tsr_conv_mve_shape *p, const tsr_mve_tile *tile, int32_t c, int32_t pixel,
                                          int8_t *out) {
  const int32_t lanes = tsr_min(4, p->out_channels - c);
  const int8_t *weights = tile->weights + c * p->window_bytes;
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
  const int32_t *stream = tile->stream + 2 * c;
  const tsr_mve_s32 bias = tsr_mve_load_part_s32(stream, lanes);
  const tsr_mve_s32 multipliers = tsr_mve_load_part_s32(stream + lanes, lanes);
  const tsr_mve_s32 four = tsr_mve_add_s32(tsr_mve_words(sums[0], sums[1], sums[2], sums[3]), bias);
  tsr_mve_store_part_bytes(out + c,
                           tsr_mve_requantize(four, multipliers, p->offset, p->shift, tsr_mve_all_s32(-128),
                                              tsr_mve_all_s32(127)),
                           lanes);
}

/*
 * Copies bytes, and writes whole vectors: up to 15 bytes behind are zeros afterwards. What is copied in order of address
 * comes out whole.
 */
static inline int8_t *conv_mve_copy(int8_t *to, const int8_t *from, int32_t bytes) {
  int32_t done = 0;
  for (; done + 16 <= bytes; done += 16) tsr_mve_store_s8(to + done, tsr_mve_load_s8(from + done));
  if (done < bytes) tsr_mve_store_s8(to + done, tsr_mve_load_part_s8(from + done, bytes - done));
  return to + bytes;
}

static inline int8_t *conv_mve_fill(int8_t *to, int32_t value, int32_t bytes) {
  const tsr_mve_s8 v = tsr_mve_all_s8(value);
  for (int32_t done = 0; done < bytes; done += 16) tsr_mve_store_s8(to + done, v);
  return to + bytes;
}

/* Copies bytes, and writes nothing else. */
static inline void conv_mve_copy_exactly(int8_t *to, const int8_t *from, int32_t bytes) {
  for (int32_t done = 0; done < bytes; done += 16) {
    const int32_t lanes = tsr_min(16, bytes - done);
    tsr_mve_store_part_s8(to + done, tsr_mve_load_part_s8(from + done, lanes), lanes);
  }
}

/* Copies the window whose first column is `first`, with zero points where the input has no pixel, and zeros behind it. */
static void conv_mve_copy_window(const tsr_conv_mve_shape *p, const int8_t *const *rows, int32_t in_width, int32_t first,
                                 int8_t *to) {
  const int32_t row_bytes = p->kernel_w * p->in_channels;
  /* Columns of the window that lie inside the input, where they lie side by side. */
  const int32_t begin = tsr_max(0, -first);
  const int32_t end = tsr_min(p->kernel_w, in_width - first);
  const int32_t inside = p->joined && begin == 0 && end == p->kernel_w;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (rows[ky] == NULL) {
      to = conv_mve_fill(to, p->input_zero_point, row_bytes);
    } else if (inside) {
      to = conv_mve_copy(to, rows[ky] + first * p->in_pixel, row_bytes);
    } else if (p->joined) {
      int8_t *row = to;
      to = conv_mve_fill(to, p->input_zero_point, row_bytes);
      if (begin < end) {
        conv_mve_copy_exactly(row + begin * p->in_channels, rows[ky] + (first + begin) * p->in_pixel,
                     (end - begin) * p->in_channels);
      }
    } else {
      for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
        const int32_t column = first + kx * p->dilation_w;
        to = column < 0 || column >= in_width ? conv_mve_fill(to, p->input_zero_point, p->in_channels)
                                              : conv_mve_copy(to, rows[ky] + column * p->in_pixel, p->in_channels);
      }
    }
  }
  tsr_mve_store_s8(to, tsr_mve_all_s8(0));
}

/*
 * Copies `count` windows, the first of which begins at column `first`; not inlined, so that its frame is not there while
 * tiles are computed. Short rows that lie inside the input, as a first
 * layer has them, go one vector a row.
 */
static __attribute__((noinline)) void conv_mve_copy_windows(const tsr_conv_mve_shape *p, const int8_t *const *rows,
                                                            int32_t in_width, int32_t first, int32_t count, int8_t *to) {
  const int32_t row_bytes = p->kernel_w * p->in_channels;
  const int32_t step = p->stride_w * p->in_pixel;
  const int32_t window = 16 * p->window_vectors;
  int32_t simple = p->joined && row_bytes <= 16;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) simple &= rows[ky] != NULL;
  for (; count > 0 && (!simple || first < 0); --count, first += p->stride_w, to += window) {
    conv_mve_copy_window(p, rows, in_width, first, to);
  }
  const int32_t room = in_width - 1 - (p->kernel_w - 1) * p->dilation_w - first;
  const int32_t inside = tsr_min(count, room < 0 ? 0 : room / p->stride_w + 1);
  if (inside > 0) {
    for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
      tsr_mve_copy_parts(to + ky * row_bytes, rows[ky] + first * p->in_pixel, row_bytes, inside, window, step);
    }
    tsr_mve_zero_parts(to + p->window_bytes, window - p->window_bytes, inside, window);
  }
  for (int32_t i = inside; i < count; ++i) conv_mve_copy_window(p, rows, in_width, first + i * p->stride_w, to + i * window);
}

/*
 * The remaining channels of some pixels, and all of one where tsr_mve_tile_1x4 cannot take its window. Not inlined, so
 * that its frame is not there while tiles are computed.
 */
static __attribute__((noinline)) void conv_mve_finish(const tsr_conv_mve_shape *p, const tsr_mve_tile *tile, int32_t from,
                                                      int32_t pixels, int8_t *out) {
  for (int32_t i = 0; i < pixels; ++i) {
    for (int32_t c = from; c < p->out_channels; c += 4) conv_mve_some_channels(p, tile, c, i, out + i * p->out_pixel);
  }
}

void tsr_conv_s8s8__mve(const tsr_conv_mve *layer, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  const tsr_conv_mve_shape *p = layer->shape;
  const int8_t *const weights = (const int8_t *)layer->weights;
  const int32_t *const stream = (const int32_t *)(weights + p->stream);
  int8_t *copies = scratch;
  const int32_t copy_bytes = 16 * p->window_vectors;
  const int32_t step = p->stride_w * p->in_pixel;
  const int32_t reach = (p->kernel_w - 1) * p->dilation_w;
  const int32_t channels = 4 * p->tiles;
  const int8_t *windows[3 * (tsr_conv_mve_runs + 1)];
  tsr_mve_tile tile = {windows,   0,        0,   0,                   weights, p->window_bytes, stream,
                       p->offset, p->shift, {0}, {0, 3 * p->out_pixel}};
  int32_t whole = p->run_vectors > 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) whole &= rows[ky] != NULL;
  for (int32_t x = 0; x < segment->out_width;) {
    const int32_t count = tsr_min(3, segment->out_width - x);
    const int32_t first = x * p->stride_w - segment->pad_left;
    /* Pixels from x on whose windows lie inside the input. */
    const int32_t room = segment->in_width - 1 - reach - first;
    const int32_t inside = whole && first >= 0 && room >= 0 ? room / p->stride_w + 1 : 0;
    /* Pixels that are not there are computed as the last that is. */
    const int32_t second = tsr_min(1, count - 1);
    const int32_t third = count - 1;
    int32_t times = 1;
    int8_t *to = out + x * p->out_pixel;
    tile.apart[0] = second * p->out_pixel;
    tile.apart[1] = third * p->out_pixel;
    if (inside >= count) {
      tile.bytes = p->window_bytes;
      tile.runs = p->kernel_h;
      tile.blocks = p->run_vectors;
      tile.advance[0] = 3 * step;
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        windows[3 * ky] = rows[ky] + first * p->in_pixel;
        windows[3 * ky + 1] = windows[3 * ky] + second * step;
        windows[3 * ky + 2] = windows[3 * ky] + third * step;
      }
      if (count == 3 && channels == p->out_channels) {
        times = tsr_min(inside, segment->out_width - x) / 3;
      }
    } else {
      const int32_t most = p->run_vectors > 0 ? 3 : p->copies;
      const int32_t copied = count < 3 ? count : tsr_min(most, segment->out_width - x) / 3 * 3;
      tile.bytes = copy_bytes;
      tile.runs = 1;
      tile.blocks = p->window_vectors;
      tile.advance[0] = 3 * copy_bytes;
      if (channels == p->out_channels && count == 3) times = copied / 3;
      conv_mve_copy_windows(p, rows, segment->in_width, first, count * times, copies);
      windows[0] = copies;
      windows[1] = copies + second * copy_bytes;
      windows[2] = copies + third * copy_bytes;
    }
    windows[3 * tile.runs] = NULL;
    /* Whole vectors in one run: what the tiles of one pixel and of two take. */
    const int32_t simple = tile.runs == 1 && (windows[0] == copies || p->window_bytes % 16 == 0);
    int32_t done = channels;
    if (count == 2 && simple && tile.blocks > 1) {
      tsr_mve_tile_2x4(&tile, p->tiles, to);
    } else if (count > 1) {
      tsr_mve_tile_3x4(&tile, p->tiles, to, times);
    } else if (simple) {
      tsr_mve_tile_1x4(&tile, p->tiles, to);
    } else {
      done = 0;
    }
    if (done < p->out_channels) conv_mve_finish(p, &tile, done, count, to);
    x += count * times;
  }
  if (p->min > -128 || p->max < 127) {
    tsr_mve_limit(out, segment->out_width, p->out_channels, p->out_pixel, p->min, p->max);
  }
}
