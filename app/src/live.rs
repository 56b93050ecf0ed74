//! Pages that follow what other tabs, colleagues and the worker do.
//!
//! While the tab is visible one event stream is open. It says that something changed, never what: the page asks again and
//! keeps its old content until the answer is there.

use leptos::prelude::*;

/// Raised when the data of pages may have changed. Their resources depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refresh(RwSignal<u32>);

impl Refresh {
    /// How often there was a change: a part of every resource's source.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// Asks all pages to look again.
    pub fn bump(self) {
        self.0.try_update(|count| *count = count.wrapping_add(1));
    }
}

/// The signal of changes.
#[must_use]
pub fn use_refresh() -> Refresh {
    use_context().unwrap_or_default()
}

/// Follows the signed-in customer's changes for as long as the page is open.
pub fn follow() {
    #[cfg(feature = "hydrate")]
    {
        let frame = crate::frame::use_frame();
        if let (Some(organization), true) = (&frame.organization, frame.person.is_some()) {
            stream::follow(crate::urls::paths::events(&organization.slug), use_refresh());
        }
    }
}

#[cfg(feature = "hydrate")]
mod stream {
    use std::time::Duration;

    use futures::StreamExt;
    use futures::future::{AbortHandle, Abortable};
    use gloo_net::eventsource::futures::EventSource;
    use leptos::prelude::*;
    use wasm_bindgen_futures::spawn_local;

    use super::Refresh;

    /// The first and the longest wait before a lost stream is opened again.
    const WAIT_FIRST_S: u32 = 2;
    const WAIT_MAX_S: u32 = 120;

    pub(super) fn follow(url: String, refresh: Refresh) {
        let stop = StoredValue::new_local(None::<AbortHandle>);
        let url = StoredValue::new(url);
        let adjust = move || {
            stop.update_value(|running| {
                if let Some(running) = running.take() {
                    running.abort();
                }
                if !document().hidden() {
                    let (handle, registration) = AbortHandle::new_pair();
                    *running = Some(handle);
                    let work = Abortable::new(listen(url.get_value(), refresh), registration);
                    spawn_local(async move {
                        let _ = work.await;
                    });
                }
            });
        };
        Effect::new(move |was_here: Option<()>| {
            if was_here.is_none() {
                adjust();
                // What changed while the tab was hidden went unheard.
                window_event_listener_untyped("visibilitychange", move |_| {
                    adjust();
                    if !document().hidden() {
                        refresh.bump();
                    }
                });
            }
        });
    }

    /// Opens the stream again and again, ever more slowly while it fails. Dropping the future closes the stream.
    async fn listen(url: String, refresh: Refresh) {
        let mut wait_s = WAIT_FIRST_S;
        loop {
            let heard = listen_once(&url, refresh).await;
            wait_s = if heard { WAIT_FIRST_S } else { (wait_s * 2).min(WAIT_MAX_S) };
            sleep(Duration::from_secs(u64::from(wait_s))).await;
        }
    }

    /// Until the stream ends: whether it ever said something.
    async fn listen_once(url: &str, refresh: Refresh) -> bool {
        let Ok(mut source) = EventSource::new(url) else { return false };
        let Ok(mut changes) = source.subscribe("change") else { return false };
        let mut heard = false;
        while let Some(Ok(_)) = changes.next().await {
            heard = true;
            refresh.bump();
        }
        // The browser would open it again by itself, at once and for ever.
        source.close();
        heard
    }

    async fn sleep(duration: Duration) {
        let (wake, woken) = futures::channel::oneshot::channel::<()>();
        set_timeout(
            move || {
                let _ = wake.send(());
            },
            duration,
        );
        let _ = woken.await;
    }
}
