// Barcodes by camera, where the browser can read them. A button names the field it fills
// (data-camera), with data-send the field's form goes off at once; data-formats are the only kinds read.
const FORMATS = "ean_13 ean_8 upc_a code_128";
if ("BarcodeDetector" in window && navigator.mediaDevices && document.getElementById("camera")) {
  document.body.classList.add("can-scan");
  const dialog = document.getElementById("camera");
  const video = dialog.querySelector("video");
  let stream = null;
  dialog.addEventListener("close", () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-camera]");
    if (!button) return;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      return; // no permission: typing and the scanner remain
    }
    video.srcObject = stream;
    await video.play();
    dialog.showModal();
    const detector = new BarcodeDetector({ formats: (button.dataset.formats || FORMATS).split(" ") });
    while (stream) {
      const [found] = await detector.detect(video).catch(() => []);
      if (found) {
        dialog.close();
        fill(document.getElementById(button.dataset.camera), found.rawValue, "send" in button.dataset);
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  });
}

function fill(field, code, send) {
  field.value = code;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (send) field.form.requestSubmit();
  else field.focus();
}
