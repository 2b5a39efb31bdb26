#include "codec/zip_records.h"

#include <gtest/gtest.h>

#include <functional>

#include "codec/deflate.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

std::uint64_t number(const std::string& text, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(text.at(at + i));
  return value;
}

constexpr std::uint64_t kFiveGiB = std::uint64_t{5} << 30;

ZipRecord small() {
  ZipRecord record;
  record.name = "a.txt";
  record.crc = 0x12345678;
  record.size = 10;
  record.compressed = 7;
  record.offset = 99;
  return record;
}

TEST(ZipRecords, of_a_small_member_carry_its_sizes_in_front_of_its_data) {
  const std::string header = zip_local_header(small());
  EXPECT_EQ(number(header, 0, 4), 0x04034b50U);
  EXPECT_EQ(number(header, 4, 2), 20U);  // version
  EXPECT_EQ(number(header, 6, 2), 0U);   // flags
  EXPECT_EQ(number(header, 8, 2), 8U);   // deflate
  EXPECT_EQ(number(header, 14, 4), 0x12345678U);
  EXPECT_EQ(number(header, 18, 4), 7U);
  EXPECT_EQ(number(header, 22, 4), 10U);
  EXPECT_EQ(header.substr(30), "a.txt");
}

TEST(ZipRecords, of_a_streamed_member_leave_sizes_to_the_descriptor) {
  ZipRecord record = small();
  record.streamed = true;
  const std::string header = zip_local_header(record);
  EXPECT_EQ(number(header, 6, 2), 8U);
  EXPECT_EQ(number(header, 14, 4) | number(header, 18, 4) | number(header, 22, 4), 0U);
  const std::string descriptor = zip_descriptor(record);
  ASSERT_EQ(descriptor.size(), 16U);
  EXPECT_EQ(number(descriptor, 0, 4), 0x08074b50U);
  EXPECT_EQ(number(descriptor, 4, 4), 0x12345678U);
  EXPECT_EQ(number(descriptor, 8, 4), 7U);
  EXPECT_EQ(number(descriptor, 12, 4), 10U);
}

TEST(ZipRecords, of_a_member_beyond_4_gib_use_64_bits) {
  ZipRecord record = small();
  record.streamed = record.large = true;
  record.size = kFiveGiB + 1;
  record.compressed = kFiveGiB;
  record.offset = kFiveGiB + 7;
  const std::string header = zip_local_header(record);
  EXPECT_EQ(number(header, 4, 2), 45U);
  EXPECT_EQ(number(header, 18, 4), 0xFFFFFFFFU);
  EXPECT_EQ(number(header, 30 + 5, 2), 1U);  // the ZIP64 field, its sizes still open
  EXPECT_EQ(number(header, 30 + 7, 2), 16U);
  const std::string descriptor = zip_descriptor(record);
  ASSERT_EQ(descriptor.size(), 24U);
  EXPECT_EQ(number(descriptor, 8, 8), kFiveGiB);
  EXPECT_EQ(number(descriptor, 16, 8), kFiveGiB + 1);
  const std::string entry = zip_directory_entry(record);
  EXPECT_EQ(number(entry, 20, 4), 0xFFFFFFFFU);
  EXPECT_EQ(number(entry, 24, 4), 0xFFFFFFFFU);
  EXPECT_EQ(number(entry, 42, 4), 0xFFFFFFFFU);
  const std::size_t extra = 46 + 5;
  EXPECT_EQ(number(entry, extra, 2), 1U);
  EXPECT_EQ(number(entry, extra + 2, 2), 24U);
  EXPECT_EQ(number(entry, extra + 4, 8), kFiveGiB + 1);
  EXPECT_EQ(number(entry, extra + 12, 8), kFiveGiB);
  EXPECT_EQ(number(entry, extra + 20, 8), kFiveGiB + 7);
}

TEST(ZipRecords, of_a_small_member_far_into_the_archive_use_64_bits_for_its_place_only) {
  ZipRecord record = small();
  record.offset = kFiveGiB;
  const std::string entry = zip_directory_entry(record);
  EXPECT_EQ(number(entry, 20, 4), 7U);
  EXPECT_EQ(number(entry, 42, 4), 0xFFFFFFFFU);
  EXPECT_EQ(number(entry, 46 + 5 + 2, 2), 8U);
  EXPECT_EQ(number(entry, 46 + 5 + 4, 8), kFiveGiB);
}

TEST(ZipRecords, keep_permission_bits_and_both_forms_of_the_time) {
  ZipRecord record = small();
  record.mode = 0100755;
  record.mtime_s = 1'700'000'001;
  const std::string entry = zip_directory_entry(record);
  EXPECT_EQ(number(entry, 38, 4) >> 16, 0100755U);
  EXPECT_EQ(number(entry, 46 + 5, 2), 0x5455U);
  EXPECT_EQ(number(entry, 46 + 5 + 5, 4), 1'700'000'001U);
  EXPECT_EQ(number(entry, 14, 2) >> 9, 2023U - 1980U);
}

TEST(ZipRecords, without_a_time_or_with_one_that_ms_dos_does_not_know_stay_valid) {
  ZipRecord record = small();
  EXPECT_EQ(number(zip_directory_entry(record), 14, 2), (1U << 5) | 1U);  // 1980-01-01
  record.mtime_s = 0;
  EXPECT_EQ(number(zip_directory_entry(record), 14, 2), (1U << 5) | 1U);
  record.mtime_s = std::int64_t{1} << 60;
  EXPECT_EQ(number(zip_directory_entry(record), 14, 2) >> 9, 127U);
}

TEST(ZipRecords, say_which_names_are_utf8) {
  ZipRecord record = small();
  record.name = "caff\xc3\xa8";
  EXPECT_EQ(number(zip_local_header(record), 6, 2), 1U << 11);
  record.utf8 = false;
  EXPECT_EQ(number(zip_local_header(record), 6, 2), 0U);
}

TEST(ZipRecords, end_an_archive_of_few_members_in_the_plain_form) {
  const std::string end = zip_end(3, 1000, 200);
  ASSERT_EQ(end.size(), 22U);
  EXPECT_EQ(number(end, 0, 4), 0x06054b50U);
  EXPECT_EQ(number(end, 8, 2), 3U);
  EXPECT_EQ(number(end, 12, 4), 200U);
  EXPECT_EQ(number(end, 16, 4), 1000U);
}

TEST(ZipRecords, end_an_archive_of_many_members_or_of_a_large_one_in_the_zip64_form) {
  for (const auto& [members, offset] : {std::pair<std::uint64_t, std::uint64_t>{65535, 10}, {2, kFiveGiB}}) {
    const std::string end = zip_end(members, offset, 200);
    ASSERT_EQ(end.size(), 56U + 20U + 22U);
    EXPECT_EQ(number(end, 0, 4), 0x06064b50U);
    EXPECT_EQ(number(end, 4, 8), 44U);
    EXPECT_EQ(number(end, 24, 8), members);
    EXPECT_EQ(number(end, 32, 8), members);
    EXPECT_EQ(number(end, 40, 8), 200U);
    EXPECT_EQ(number(end, 48, 8), offset);
    EXPECT_EQ(number(end, 56, 4), 0x07064b50U);
    EXPECT_EQ(number(end, 64, 8), offset + 200);
    EXPECT_EQ(number(end, 76, 4), 0x06054b50U);
    EXPECT_EQ(number(end, 76 + 10, 2), members >= 65535 ? 65535U : members);
    EXPECT_EQ(number(end, 76 + 16, 4), offset > 0xFFFFFFFF ? 0xFFFFFFFFU : offset);
  }
}

ErrorCode thrown(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(ZipRecords, hold_names_of_65535_bytes_and_refuse_longer_ones) {
  ZipRecord record = small();
  record.name.assign(65535, 'n');
  EXPECT_EQ(number(zip_local_header(record), 26, 2), 65535U);
  EXPECT_EQ(number(zip_directory_entry(record), 28, 2), 65535U);
  record.name += 'n';
  EXPECT_EQ(thrown([&] { zip_local_header(record); }), ErrorCode::invalid_argument);
  EXPECT_EQ(thrown([&] { zip_directory_entry(record); }), ErrorCode::invalid_argument);
}

TEST(ZipRecords, of_a_streamed_member_that_outgrew_32_bits_are_refused) {
  ZipRecord record = small();
  record.streamed = true;
  record.size = ZipRecord::kLargest32;
  EXPECT_EQ(number(zip_descriptor(record), 12, 4), 0xFFFFFFFEU);
  record.size = 0xFFFFFFFF;  // would mean: look elsewhere
  EXPECT_EQ(thrown([&] { zip_descriptor(record); }), ErrorCode::protocol);
  record.size = 10;
  record.compressed = kFiveGiB;
  EXPECT_EQ(thrown([&] { zip_descriptor(record); }), ErrorCode::protocol);
}

TEST(ZipRecords, of_sizes_that_look_like_the_mark_of_zip64_use_it) {
  ZipRecord record = small();
  record.size = 0xFFFFFFFF;
  const std::string header = zip_local_header(record);
  EXPECT_EQ(number(header, 4, 2), 45U);
  EXPECT_EQ(number(header, 30 + 5 + 4, 8), 0xFFFFFFFFU);
}

TEST(Deflater, gives_the_same_stream_for_one_piece_and_for_many) {
  const std::string text(300'000, 'x');
  Deflater deflater;
  std::string whole;
  deflater.add(std::as_bytes(std::span(text)), true, whole);
  deflater.reset();
  std::string pieces;
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    deflater.add(std::as_bytes(std::span(text)).subspan(at, 1000), false, pieces);
  }
  deflater.add({}, true, pieces);
  EXPECT_EQ(whole, pieces);
  EXPECT_LT(whole.size(), 2000U);
}

}  // namespace
}  // namespace genro::storage
