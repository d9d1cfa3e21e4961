const EVERY_MS = 2000;

/**
 * <div data-behaviour="follow-job" data-url="/staff/work/…/progress"> with a progress bar or none: asks how far the job
 * is and moves the bar. When there is a bar to draw or the job has ended, the page is opened anew, for it has the words.
 */
export function followJob(element, { get = fetch, later = setTimeout, reload = () => location.reload() } = {}) {
  const bar = element.querySelector("progress");
  const words = element.querySelector(".progress__text");

  async function look() {
    let job;
    try {
      const answer = await get(element.dataset.url, { headers: { Accept: "application/json" } });
      if (answer.status === 404 || answer.status === 401 || answer.status === 403) return; // gone, or signed out
      job = answer.ok ? await answer.json() : null;
    } catch {
      job = null; // no network: the next look may find one
    }
    if (job && (!job.is_open || (job.total && !bar))) {
      reload();
      return;
    }
    if (job && bar && words) {
      bar.max = job.total;
      bar.value = job.done;
      words.textContent = job.text;
    }
    later(look, EVERY_MS);
  }

  later(look, EVERY_MS);
}
