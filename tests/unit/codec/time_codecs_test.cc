#include <gtest/gtest.h>

#include "codec/http_date.h"
#include "codec/iso8601.h"

namespace genro::storage {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t kRfcExample =
    784111777LL * 1'000'000'000;  // Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110 section 5.6.7

TEST(HttpDate, reads_the_three_forms_of_the_rfc) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kRfcExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kRfcExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kRfcExample);
}

TEST(HttpDate, writes_imf_fixdate_and_reads_it_back) {
  EXPECT_EQ(http_date(kRfcExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const long long second : {0LL, 951782400LL, 1709164799LL, 4102444800LL}) {
    const std::int64_t time = second * 1'000'000'000;
    EXPECT_EQ(parse_http_date(http_date(time + 999'999'999)), time);
  }
}

TEST(HttpDate, refuses_anything_else) {
  for (const char* text :
       {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun Nov  x 08:49:37 1994",
        "Sunday, xx-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(Iso8601, reads_what_s3_and_credential_services_write) {
  const std::int64_t expected = 1255369830LL * 1'000'000'000;
  EXPECT_EQ(parse_iso8601("2009-10-12T17:50:30.000Z"), expected);
  EXPECT_EQ(parse_iso8601("2009-10-12T17:50:30Z"), expected);
  EXPECT_EQ(parse_iso8601("20091012T175030Z"), expected);
  EXPECT_EQ(parse_iso8601("2009-10-12 19:50:30+02:00"), expected);
  EXPECT_EQ(parse_iso8601("2009-10-12T12:20:30-0530"), expected);
  EXPECT_EQ(parse_iso8601("2009-10-12T17:50:30"), expected);
  EXPECT_EQ(parse_iso8601("2009-10-12T17:50:30.123456789123Z"), expected + 123'456'789);
  EXPECT_EQ(parse_iso8601("1969-12-31T23:59:59.5Z"), -500'000'000);
}

TEST(Iso8601, refuses_anything_else) {
  for (const char* text :
       {"", "2009-10-12", "2009-13-12T17:50:30Z", "2009-02-30T17:50:30Z", "2009-10-12T25:50:30Z",
        "2009-10-12T17:50:30.Z", "2009-10-12T17:50:30Zx", "2009-10-12T17:50:30+2", "2009-1012T17:50:30Z",
        "1500-10-12T17:50:30Z", "9999-10-12T17:50:30Z", "abcd-10-12T17:50:30Z"}) {
    EXPECT_FALSE(parse_iso8601(text)) << text;
  }
}

TEST(Iso8601, writes_both_forms) {
  const sys_seconds time{seconds{1369353600}};
  const auto compact = format_compact_iso8601(time);
  EXPECT_EQ(std::string(compact.data(), compact.size()), "20130524T000000Z");
  EXPECT_EQ(format_iso8601(time), "2013-05-24T00:00:00Z");
  EXPECT_EQ(format_iso8601(sys_seconds{seconds{1709209815}}), "2024-02-29T12:30:15Z");
}

}  // namespace
}  // namespace genro::storage
