// The poller of a thread that serves its own call, and the portable one: poll(2) over the few sockets that wait now.
// Nothing is registered, so a connection can serve another thread next time.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "core/out_of_descriptors.h"
#include "genro/storage/error.h"
#include "loop/poller.h"

namespace genro::storage {
namespace {

class PollPoller final : public Poller {
 public:
  PollPoller() {
    if (pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      const int error = errno;
      throw_without_descriptor(error, Error::from_errno(error, "pipe", {}));
    }
  }
  ~PollPoller() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }

  bool add(IoWait& wait) override {
    waits_.push_back(&wait);
    return false;
  }
  void remove(IoWait& wait) noexcept override { std::erase(waits_, &wait); }
  void forget(int) noexcept override {}

  bool wait(Duration timeout, std::vector<IoWait*>& ready) override {
    polled_.clear();
    for (const IoWait* wait : waits_) {
      polled_.push_back(
          {wait->descriptor, static_cast<short>(wait->interest == Interest::read ? POLLIN | POLLRDHUP : POLLOUT), 0});
    }
    polled_.push_back({pipe_[0], POLLIN, 0});
    timespec limit{};
    if (timeout >= Duration::zero()) {
      limit.tv_sec = static_cast<time_t>(timeout.count() / 1'000'000'000);
      limit.tv_nsec = static_cast<long>(timeout.count() % 1'000'000'000);
    }
    const int count = ppoll(polled_.data(), polled_.size(), timeout >= Duration::zero() ? &limit : nullptr, nullptr);
    if (count < 0) return errno != EINTR;
    if (count == 0) return true;
    if (polled_.back().revents != 0) {
      std::array<char, 64> drained;
      while (read(pipe_[0], drained.data(), drained.size()) > 0) {
      }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < waits_.size(); ++i) {
      if (polled_[i].revents != 0) {
        ready.push_back(waits_[i]);
      } else {
        waits_[kept++] = waits_[i];
      }
    }
    waits_.resize(kept);
    return true;
  }

  void wake() noexcept override { [[maybe_unused]] const ssize_t put = write(pipe_[1], "w", 1); }

 private:
  std::array<int, 2> pipe_{-1, -1};
  std::vector<IoWait*> waits_;
  std::vector<pollfd> polled_;
};

}  // namespace

std::unique_ptr<Poller> make_poll_poller() { return std::make_unique<PollPoller>(); }

}  // namespace genro::storage
