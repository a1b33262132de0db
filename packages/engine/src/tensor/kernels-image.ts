import { type Padding, type Shape, sizeOf } from './node.ts';

interface Window {
  readonly stride: number;
  readonly padding: Padding;
}
type Visit = (image: number, kernel: number, out: number) => void;

/** Every product of a convolution: places in the image [N, C, H, W], the kernel [O, C, h, w] and the outcome [N, O, H', W']. */
function visit(image: Shape, kernel: Shape, out: Shape, { stride, padding }: Window, each: Visit): void {
  const [batch, channels, height, width] = image as [number, number, number, number];
  const [filters, , rows, columns] = kernel as [number, number, number, number];
  const [, , tall, wide] = out as [number, number, number, number];
  const [top, left] = padding;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < filters; o++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++)
            for (let y = 0; y < tall; y++) {
              const row = y * stride + i - top;
              if (row < 0 || row >= height) continue;
              for (let x = 0; x < wide; x++) {
                const column = x * stride + j - left;
                if (column < 0 || column >= width) continue;
                each(
                  ((n * channels + c) * height + row) * width + column,
                  ((o * channels + c) * rows + i) * columns + j,
                  ((n * filters + o) * tall + y) * wide + x,
                );
              }
            }
}

export function convolve(image: Float64Array, kernel: Float64Array, of: Shape, by: Shape, shape: Shape, window: Window): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  visit(of, by, shape, window, (a, b, to) => {
    out[to] = (out[to] as number) + (image[a] as number) * (kernel[b] as number);
  });
  return out;
}

/** `shape`: the image; `by`: the kernel; `of`: the outcome of the convolution, whose gradient is `gradient`. */
export function convolveInputGradient(
  gradient: Float64Array,
  kernel: Float64Array,
  shape: Shape,
  by: Shape,
  of: Shape,
  window: Window,
): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  visit(shape, by, of, window, (to, b, a) => {
    out[to] = (out[to] as number) + (gradient[a] as number) * (kernel[b] as number);
  });
  return out;
}

export function convolveKernelGradient(
  image: Float64Array,
  gradient: Float64Array,
  of: Shape,
  shape: Shape,
  by: Shape,
  window: Window,
): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  visit(of, shape, by, window, (a, to, b) => {
    out[to] = (out[to] as number) + (image[a] as number) * (gradient[b] as number);
  });
  return out;
}

export function averagePool(x: Float64Array, [n, c, h, w]: Shape, factor: number): Float64Array {
  const [tall, wide] = [(h as number) / factor, (w as number) / factor];
  const out = new Float64Array((n as number) * (c as number) * tall * wide);
  for (let i = 0; i < x.length; i++) {
    const [column, row] = [i % (w as number), Math.floor(i / (w as number))];
    const to = Math.floor(row / factor) * wide + Math.floor(column / factor);
    out[to] = (out[to] as number) + (x[i] as number) / (factor * factor);
  }
  return out;
}

export function upsample(x: Float64Array, [n, c, h, w]: Shape, factor: number): Float64Array {
  const wide = (w as number) * factor;
  const out = new Float64Array((n as number) * (c as number) * (h as number) * factor * wide);
  for (let i = 0; i < out.length; i++) {
    out[i] = x[Math.floor(Math.floor(i / wide) / factor) * (w as number) + Math.floor((i % wide) / factor)] as number;
  }
  return out;
}
