// Two ways to draw points: with the graphics card, and without one. Both are given the same scene:
//   { x, y: Float32Array, looks: Uint8Array, n, step, scale, left, top, size, colours, faded, lit, ratio }
// A look is the group of a point, plus FADED where it is not among those that are chosen. `step` draws one point in so many.

export const FADED = 16;
const SHAPED = 8; // from so many pixels a point has the shape of its group, below it is a dot

const VERTEX = `
attribute float x, y, look;
uniform vec2 scale, shift;
uniform mediump float size;
uniform float pass;
uniform vec3 colours[16];
varying vec4 colour;
varying float group;
void main() {
  float faded = step(${FADED}.0, look);
  group = look - ${FADED}.0 * faded;
  colour = vec4(colours[int(group)], mix(0.85, 0.16, faded));
  gl_Position = vec4(vec2(x, y) * scale + shift, faded == pass ? 0.0 : 2.0, 1.0); // the other pass is cut away
  gl_PointSize = size;
}`;

const FRAGMENT = `
precision mediump float;
varying vec4 colour;
varying float group;
uniform mediump float size;
void main() {
  if (size >= ${SHAPED}.0) {
    vec2 p = abs(gl_PointCoord * 2.0 - 1.0), q = gl_PointCoord * 2.0 - 1.0;
    float g = mod(group + 0.5, 8.0);
    bool inside = g < 1.0 ? dot(p, p) < 1.0 : g < 2.0 ? max(p.x, p.y) < 0.85 : g < 3.0 ? p.x < 0.5 + q.y * 0.5 :
      g < 4.0 ? p.x + p.y < 1.0 : g < 5.0 ? min(p.x, p.y) < 0.35 : g < 6.0 ? p.x < 0.5 - q.y * 0.5 :
      g < 7.0 ? abs(p.x - p.y) < 0.4 : dot(p, p) < 1.0 && dot(p, p) > 0.35;
    if (!inside) discard;
  }
  gl_FragColor = vec4(colour.rgb * colour.a, colour.a);
}`;

export function graphics(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, depth: false, alpha: true, powerPreference: "high-performance" });
  if (!gl) return null;
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const at = (one) => gl.getUniformLocation(program, one);
  const uniforms = { scale: at("scale"), shift: at("shift"), size: at("size"), pass: at("pass"), colours: at("colours") };
  const buffers = ["x", "y", "look"].map((attribute) => {
    const place = gl.getAttribLocation(program, attribute);
    gl.enableVertexAttribArray(place);
    return { place, buffer: gl.createBuffer(), held: null, bytes: attribute === "look" ? 1 : 4 };
  });
  const [, most] = gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE);
  return {
    name,
    kind: "webgl",
    software: /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name),
    changed() { buffers[2].held = null; },
    draw(scene) {
      const { width, height } = canvas;
      gl.viewport(0, 0, width, height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      for (const [slot, array] of [[buffers[0], scene.x], [buffers[1], scene.y], [buffers[2], scene.looks]]) {
        gl.bindBuffer(gl.ARRAY_BUFFER, slot.buffer);
        if (slot.held !== array) gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
        slot.held = array;
        const kind = slot.bytes === 1 ? gl.UNSIGNED_BYTE : gl.FLOAT;
        gl.vertexAttribPointer(slot.place, 1, kind, false, slot.bytes * scene.step, 0);
      }
      const { scale, left, top } = scene; // pixels of the canvas a side of the map, and where its left upper corner is
      gl.uniform2f(uniforms.scale, (2 * scale) / width, (2 * scale) / height);
      gl.uniform2f(uniforms.shift, (2 * left) / width - 1, 1 - (2 * (top + scale)) / height);
      gl.uniform1f(uniforms.size, Math.min(scene.size, most));
      gl.uniform3fv(uniforms.colours, scene.colours.flatMap((one) => one.map((part) => part / 255)));
      for (const pass of scene.someFaded ? [1, 0] : [0]) {
        gl.uniform1f(uniforms.pass, pass);
        gl.drawArrays(gl.POINTS, 0, Math.floor((scene.n - 1) / scene.step) + 1);
      }
    },
    finish() { gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); },
    end() { gl.getExtension("WEBGL_lose_context")?.loseContext(); },
  };
}

// The shape of each group, as the fragment shader has them: steps from the left upper corner in an image so wide.
function shapesOf(size, width) {
  const tests = [(p, q) => p * p + q * q < 1, (p, q) => Math.max(Math.abs(p), Math.abs(q)) < 0.85,
    (p, q) => Math.abs(p) < 0.5 + q * 0.5, (p, q) => Math.abs(p) + Math.abs(q) < 1, (p, q) => Math.min(Math.abs(p), Math.abs(q)) < 0.35,
    (p, q) => Math.abs(p) < 0.5 - q * 0.5, (p, q) => Math.abs(Math.abs(p) - Math.abs(q)) < 0.4,
    (p, q) => p * p + q * q < 1 && p * p + q * q > 0.35];
  return Array.from({ length: 16 }, (_, group) => {
    const offsets = [];
    for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
      const [p, q] = [column, row].map((v) => ((v + 0.5) / size) * 2 - 1);
      if (tests[group % 8](p, q)) offsets.push(row * width + column);
    }
    return offsets;
  });
}

// Squares written straight into an image: on a machine without a graphics card this is faster than asking for one.
export function plain(canvas) {
  const pen = canvas.getContext("2d", { alpha: true });
  if (!pen) return null;
  let image = null, pixels = null, stamped = "", stamps = null;
  return {
    name: "canvas",
    kind: "plain",
    software: true,
    changed() {},
    draw(scene) {
      const { width, height } = canvas;
      if (!image || image.width !== width || image.height !== height) {
        image = pen.createImageData(width, height);
        pixels = new Uint32Array(image.data.buffer); // red in the lowest byte: all browsers' machines are little-endian
      }
      pixels.fill(0);
      const inks = new Uint32Array(32);
      scene.colours.forEach(([red, green, blue], group) => {
        const ink = (blue << 16) | (green << 8) | red;
        inks[group] = (0xe0000000 | ink) >>> 0;
        inks[group + FADED] = (0x30000000 | ink) >>> 0;
      });
      const { x, y, looks, n, step, scale, left } = scene, bottom = scene.top + scale;
      const size = Math.max(1, Math.round(scene.size)), half = size >> 1;
      if (size >= SHAPED && `${size} ${width}` !== stamped) [stamped, stamps] = [`${size} ${width}`, shapesOf(size, width)];
      const shapes = size >= SHAPED ? stamps : null;
      for (let pass = scene.someFaded ? 1 : 0; pass >= 0; pass--) {
        for (let i = 0; i < n; i += step) {
          const look = looks[i];
          if (look >> 4 !== pass) continue;
          const across = (left + x[i] * scale - half) | 0, down = (bottom - y[i] * scale - half) | 0;
          if (across < 0 || down < 0 || across + size > width || down + size > height) continue;
          const ink = inks[look], shape = shapes?.[look & 15];
          if (shape) {
            const corner = down * width + across;
            for (const offset of shape) pixels[corner + offset] = ink;
          } else for (let row = down * width + across, last = row + size * width; row < last; row += width) {
            for (let column = 0; column < size; column++) pixels[row + column] = ink;
          }
        }
      }
      pen.putImageData(image, 0, 0);
    },
    finish() {},
    end() { image = pixels = null; },
  };
}

// The card where there is one; its imitation in software is the slower of the two.
export function painter(make, wanted = "") {
  if (wanted === "none") return [null, null];
  if (wanted !== "plain") {
    const canvas = make(), found = graphics(canvas);
    if (found && (!found.software || wanted === "webgl")) return [canvas, found];
    found?.end();
  }
  const canvas = make(), found = plain(canvas);
  return found ? [canvas, found] : [null, null];
}
