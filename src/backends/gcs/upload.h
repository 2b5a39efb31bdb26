// ResumableUpload: a content that goes up in parts, one after the other, over one session of the server's.
// https://cloud.google.com/storage/docs/performing-resumable-uploads
// Used by the gcs backend. Nothing is seen before complete().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/gcs/client.h"
#include "backends/gcs/session.h"
#include "core/mutex.h"
#include "genro/storage/backend.h"
#include "net/wait_queue.h"

namespace genro::storage::gcs {

class ResumableUpload final : public LeafUpload {
 public:
  // `target`: path and query of the session.
  ResumableUpload(std::shared_ptr<Client> client, std::string path, std::string target);

  // Parts may be given in any order and side by side. Each waits for those before it that were given; one that is given before
  // them is kept until they come.
  Task<std::string> part(int number, Body body) override;
  Task<Entry> complete(std::vector<std::string> tags) override;
  Task<void> abort() override;
  std::uint64_t part_size(std::uint64_t total_size) const override;

 private:
  enum class Turn : unsigned char { mine, kept, done };
  Task<Turn> take_turn(int number, Body body, std::string sum);
  void end_turn() noexcept;
  std::optional<Body> next_kept();
  Task<void> send_kept();
  Task<void> send(Body body);

  const std::shared_ptr<Client> client_;
  const std::string path_;
  const std::shared_ptr<UploadSession> session_;  // outlives this when a last answer comes late

  Mutex mutex_;  // guards whose turn it is
  WaitQueue waiting_{mutex_};
  int next_ = 1;
  bool busy_ = false;
  std::map<int, Body> kept_;         // given, and not sent yet
  std::map<int, std::string> sums_;  // of all that were given

  // Of whose turn it is: the end of what was given, less than a unit. It goes with what follows.
  Bytes tail_;
};

// Ended by itself when the operation is stopped before it is told of it.
Task<std::unique_ptr<Upload>> start_upload(std::shared_ptr<Client> client, std::string path, PutOptions options);

}  // namespace genro::storage::gcs
