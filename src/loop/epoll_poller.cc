// The reactor's poller. Each descriptor is registered once, edge-triggered, for both directions; readiness that comes
// while nobody waits is remembered, so an edge is never lost.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "genro/storage/error.h"
#include "loop/poller.h"

namespace genro::storage {
namespace {

// What one turn of the loop serves. Few enough that frames, sockets and answers of a turn stay in the cache from the look at
// the event to the end of the operation; the rest comes with the next look, which is cheap.
constexpr std::size_t kEventsAtOnce = 32;

class EpollPoller final : public Poller {
 public:
  EpollPoller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_;
    if (epoll_ < 0 || wake_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
      throw Error::from_errno(errno, "epoll", {});
    }
  }
  ~EpollPoller() override {
    close(epoll_);
    close(wake_);
  }

  bool add(IoWait& wait) override {
    const auto index = static_cast<std::size_t>(wait.descriptor);
    if (index >= slots_.size()) slots_.resize(std::max<std::size_t>(index + 1, slots_.size() * 2));
    Slot& slot = slots_[index];
    if (!slot.registered) {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
      event.data.fd = wait.descriptor;
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wait.descriptor, &event) != 0)
        return true;  // let the caller's retry meet the error
      slot = {};
      slot.registered = true;
    }
    const auto side = static_cast<std::size_t>(wait.interest);
    if (slot.ready[side]) {
      slot.ready[side] = false;
      return true;
    }
    slot.waits[side] = &wait;
    return false;
  }

  void remove(IoWait& wait) noexcept override {
    const auto index = static_cast<std::size_t>(wait.descriptor);
    if (index < slots_.size() && slots_[index].waits[static_cast<std::size_t>(wait.interest)] == &wait) {
      slots_[index].waits[static_cast<std::size_t>(wait.interest)] = nullptr;
    }
  }

  void forget(int descriptor) noexcept override {
    const auto index = static_cast<std::size_t>(descriptor);
    if (descriptor < 0 || index >= slots_.size() || !slots_[index].registered) return;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
    slots_[index] = {};
  }

  bool wait(Duration timeout, std::vector<IoWait*>& ready) override {
    std::array<epoll_event, kEventsAtOnce> events;
    int milliseconds = -1;
    if (timeout >= Duration::zero()) {
      // Rounded up: a timer must not be looked at before it is due, again and again.
      milliseconds = static_cast<int>(std::min<std::int64_t>((timeout.count() + 999'999) / 1'000'000, 3'600'000));
    }
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
    if (count < 0) return errno != EINTR;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == wake_) {
        std::uint64_t value;
        [[maybe_unused]] const ssize_t got = read(wake_, &value, sizeof value);
        continue;
      }
      Slot& slot = slots_[static_cast<std::size_t>(event.data.fd)];
      const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
      if (broken || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0) wake_side(slot, 0, ready);
      if (broken || (event.events & EPOLLOUT) != 0) wake_side(slot, 1, ready);
    }
    return true;
  }

  void wake() noexcept override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = write(wake_, &one, sizeof one);
  }

 private:
  struct Slot {
    bool registered = false;
    std::array<bool, 2> ready{};
    std::array<IoWait*, 2> waits{};
  };

  static void wake_side(Slot& slot, std::size_t side, std::vector<IoWait*>& ready) {
    if (IoWait* wait = slot.waits[side]) {
      slot.waits[side] = nullptr;
      ready.push_back(wait);
    } else {
      slot.ready[side] = true;
    }
  }

  int epoll_;
  int wake_;
  std::vector<Slot> slots_;
};

}  // namespace

std::unique_ptr<Poller> make_epoll_poller() { return std::make_unique<EpollPoller>(); }

}  // namespace genro::storage
