#include "net/stream_handle.h"

#include "loop/run.h"

namespace genro::storage {
namespace {

struct CloseJob final : Job {
  CloseJob(Stream* closed, Loop* home) noexcept : stream(closed), loop(home) {}
  void run() noexcept override {
    loop->poller().forget(stream->descriptor());
    delete this;
  }
  std::unique_ptr<Stream> stream;
  Loop* loop;
};

}  // namespace

void StreamCloser::operator()(Stream* stream) const noexcept {
  if (!owner || generation != fork_generation()) {
    // In a forked child the poller is shared with the parent: forgetting there would deafen the parent's connection.
    delete stream;
  } else if (owner->is_current()) {
    owner->poller().forget(stream->descriptor());
    delete stream;
  } else {
    owner->post(*new CloseJob(stream, owner));
  }
}

StreamHandle make_stream_handle(std::unique_ptr<Stream> stream, Loop& loop) noexcept {
  return StreamHandle(stream.release(), StreamCloser{shard_of(loop), fork_generation()});
}

}  // namespace genro::storage
