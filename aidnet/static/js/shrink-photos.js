// Photos are made smaller before they are sent, where the browser can: a slow line carries less. The server makes them anew
// either way, and takes what it is sent where this did nothing.
const SIDE = 1600;
const ENOUGH = 200000;
// As evidence/pictures.py packs them: coarser, then smaller, until a photo is short enough.
const QUALITIES = [0.82, 0.7, 0.58, 0.46];

addEventListener("change", async (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.type !== "file" || !input.accept.startsWith("image/")) return;
  const chosen = [...input.files];
  if (!chosen.some((file) => file.size > ENOUGH)) return;
  const round = (input.dataset.round = String(Number(input.dataset.round ?? 0) + 1));
  const made = await Promise.all(chosen.map((file) => smaller(file).catch(() => file)));
  if (input.dataset.round !== round || input.form?.dataset.sent) return;
  const files = new DataTransfer();
  made.forEach((file) => files.items.add(file));
  input.files = files.files;
});

async function smaller(file) {
  if (file.size <= ENOUGH) return file;
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  for (let scale = Math.min(1, SIDE / Math.max(picture.width, picture.height)); ; scale *= 0.75) {
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (!blob) return file;
      if (blob.size <= ENOUGH) return new File([blob], "photo.jpg", { type: "image/jpeg" });
    }
  }
}
