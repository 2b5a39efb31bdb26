#include "codec/xml_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace genro::storage {
namespace {

// ")name=text@parent" closes, "." is the end, "!" is broken.
std::string walk(std::string_view document) {
  XmlReader xml(document);
  std::string trace;
  while (true) {
    switch (xml.next()) {
      case XmlReader::Event::open: EXPECT_EQ(xml.parent(), xml.name()); break;
      case XmlReader::Event::close:
        trace.append(")")
            .append(xml.name())
            .append("=")
            .append(xml.text())
            .append("@")
            .append(xml.parent())
            .append(" ");
        break;
      case XmlReader::Event::end: return trace + ".";
      case XmlReader::Event::broken: EXPECT_EQ(xml.next(), XmlReader::Event::broken); return trace + "!";
    }
  }
}

TEST(XmlReader, walks_elements_and_gives_the_text_of_leaves) {
  EXPECT_EQ(walk("<?xml version=\"1.0\"?>\n<A xmlns='x>y'><B>1</B><C/><ns:D k=\"v\">a &amp; b</ns:D></A>\n"),
            ")B=1@A )C=@A )D=a & b@A )A=@ .");
}

TEST(XmlReader, text_between_children_is_no_leaf_text) {
  EXPECT_EQ(walk("<A> x <B> y </B> z </A>"), ")B= y @A )A=@ .");
}

TEST(XmlReader, skips_comments_and_takes_cdata_as_it_is) {
  EXPECT_EQ(walk("<A><!-- <B> --><C><![CDATA[<&amp;>]]></C></A>"), ")C=<&amp;>@A )A=@ .");
}

TEST(XmlReader, a_document_cut_anywhere_is_broken) {
  const std::string whole = "<A><B>text</B><C a='1'/></A>";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(walk(whole.substr(0, size)).back(), '!') << size;
  }
  EXPECT_EQ(walk(whole).back(), '.');
}

TEST(XmlReader, refuses_what_is_not_well_formed) {
  for (const char* document : {"", "text", "<A></B>", "<A><B></A></B>", "</A>", "<A/><B/>", "<A/>x", "<>", "</>",
                               "<!DOCTYPE a [<!ENTITY b 'c'>]><A/>", "<A><![CDATA[x</A>", "<A>x<![CDATA[y]]></A>",
                               "<A><![CDATA[x]]>y</A>", "<A>x<!-- c -->y</A>", "<A><![CDATA[x]]><![CDATA[y]]></A>"}) {
    EXPECT_EQ(walk(document).back(), '!') << document;
  }
}

TEST(XmlReader, refuses_to_nest_without_end) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "<a>";
  EXPECT_EQ(walk(deep).back(), '!');
}

}  // namespace
}  // namespace genro::storage
