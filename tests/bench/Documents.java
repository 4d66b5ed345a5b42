// SPDX-License-Identifier: LGPL-2.1-or-later

// What Java's libraries take for a folder of PDF documents, in one JVM that stays warm. A line of standard input is one run:
//   sign LIBRARY IN OUT THREADS     LIBRARY is pdfbox or itext
//   verify IN THREADS               with PDFBox and BouncyCastle
// and is answered by the seconds it took. Arguments: KEYSTORE PASSWORD-FILE ANCHOR, the first in PKCS#12, the last in PEM.

import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.util.*;
import java.util.concurrent.*;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.ess.*;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.operator.jcajce.*;

public class Documents {
    static PrivateKey key;
    static Certificate[] chain;
    static X509Certificate anchor;
    static AttributeTable essential;

    interface Work { void run(Path in, Path out) throws Exception; }

    static void load(String store, String password, String anchorFile) throws Exception {
        KeyStore ks = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(store)) {
            ks.load(in, password.toCharArray());
        }
        String alias = ks.aliases().nextElement();
        key = (PrivateKey) ks.getKey(alias, password.toCharArray());
        chain = ks.getCertificateChain(alias);
        try (InputStream in = new FileInputStream(anchorFile)) {
            anchor = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded());
        ASN1EncodableVector v = new ASN1EncodableVector();
        v.add(new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(new SigningCertificateV2(new ESSCertIDv2(hash)))));
        essential = new AttributeTable(v);
    }

    static byte[] cms(InputStream content) throws Exception {
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        g.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
            .setSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(essential))
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key), (X509Certificate) chain[0]));
        g.addCertificates(new JcaCertStore(Arrays.asList(chain)));
        return g.generate(new CMSProcessableByteArray(content.readAllBytes()), false).getEncoded();
    }

    static void signPdfBox(Path in, Path out) throws Exception {
        try (PDDocument d = PDDocument.load(in.toFile()); OutputStream o = new BufferedOutputStream(Files.newOutputStream(out))) {
            PDSignature s = new PDSignature();
            s.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            s.setSubFilter(PDSignature.SUBFILTER_ETSI_CADES_DETACHED);
            s.setSignDate(Calendar.getInstance());
            d.addSignature(s, content -> {
                try {
                    return cms(content);
                } catch (Exception e) {
                    throw new IOException(e);
                }
            });
            d.saveIncremental(o);
        }
    }

    /** By BouncyCastle, as in its own examples. */
    static void signItext(Path in, Path out) throws Exception {
        try (OutputStream o = new BufferedOutputStream(Files.newOutputStream(out))) {
            com.itextpdf.text.pdf.PdfReader r = new com.itextpdf.text.pdf.PdfReader(in.toString());
            com.itextpdf.text.pdf.PdfStamper s = com.itextpdf.text.pdf.PdfStamper.createSignature(r, o, '\0', null, true);
            com.itextpdf.text.pdf.security.MakeSignature.signDetached(s.getSignatureAppearance(), new com.itextpdf.text.pdf.security.BouncyCastleDigest(),
                new com.itextpdf.text.pdf.security.PrivateKeySignature(key, "SHA-256", "BC"), chain, null, null, null, 0,
                com.itextpdf.text.pdf.security.MakeSignature.CryptoStandard.CADES);
            r.close();
        }
    }

    /** Digest, signature and the path to the anchor, without revocation; as PDFBox's own example does it. */
    static void verify(Path in, Path out) throws Exception {
        try (PDDocument d = PDDocument.load(in.toFile())) {
            List<PDSignature> all = d.getSignatureDictionaries();
            if (all.isEmpty())
                throw new IOException("no signature in " + in);
            for (PDSignature s : all) {
                byte[] content;
                byte[] value;
                try (InputStream a = new BufferedInputStream(Files.newInputStream(in))) {
                    content = s.getSignedContent(a);
                }
                try (InputStream a = new BufferedInputStream(Files.newInputStream(in))) {
                    value = s.getContents(a);
                }
                CMSSignedData cms = new CMSSignedData(new CMSProcessableByteArray(content), value);
                for (SignerInformation i : cms.getSignerInfos()) {
                    X509Certificate c = new JcaX509CertificateConverter().getCertificate(
                        (org.bouncycastle.cert.X509CertificateHolder) cms.getCertificates().getMatches(i.getSID()).iterator().next());
                    if (!i.verify(new JcaSimpleSignerInfoVerifierBuilder().build(c)))
                        throw new IOException("not valid: " + in);
                    path(c, cms);
                }
            }
        }
    }

    static void path(X509Certificate end, CMSSignedData cms) throws Exception {
        List<X509Certificate> all = new ArrayList<>();
        for (org.bouncycastle.cert.X509CertificateHolder h : cms.getCertificates().getMatches(null))
            all.add(new JcaX509CertificateConverter().getCertificate(h));
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(end);
        PKIXBuilderParameters p = new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), target);
        p.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(all)));
        p.setRevocationEnabled(false);
        CertPathBuilder.getInstance("PKIX").build(p);
    }

    static double measure(Work work, String in, String out, int threads) throws Exception {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> s = Files.newDirectoryStream(Paths.get(in), "*.pdf")) {
            s.forEach(files::add);
        }
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Future<?>> jobs = new ArrayList<>();
        long begin = System.nanoTime();
        for (Path f : files)
            jobs.add(pool.submit(() -> {
                work.run(f, out == null ? null : Paths.get(out, f.getFileName().toString()));
                return null;
            }));
        for (Future<?> j : jobs)
            j.get();
        double took = (System.nanoTime() - begin) / 1e9;
        pool.shutdown();
        return took;
    }

    public static void main(String[] a) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // the libraries have things to say
        Security.addProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider());
        load(a[0], Files.readString(Paths.get(a[1])).trim(), a[2]);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = commands.readLine()) != null;) {
            String[] w = line.split(" ");
            double took = w[0].equals("verify") ? measure(Documents::verify, w[1], null, Integer.parseInt(w[2]))
                : measure(w[1].equals("itext") ? Documents::signItext : Documents::signPdfBox, w[2], w[3], Integer.parseInt(w[4]));
            answers.println(took);
            answers.flush();
        }
    }
}
