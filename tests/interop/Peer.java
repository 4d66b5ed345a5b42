// SPDX-License-Identifier: LGPL-2.1-or-later

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Collection;
import java.util.List;
import java.util.Set;

import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSProcessableFile;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.CMSTypedData;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.util.Selector;
import org.bouncycastle.util.Store;

/**
 * BouncyCastle and PDFBox as peers, for tests: commands on standard input, a line each with tabs between the words; an answer a line, "ok" or "no" and why.
 *
 *   cms-sign KEY CHAIN ALGORITHM DOCUMENT OUT     detached; KEY is PKCS#8 in DER, CHAIN is PEM, ALGORITHM a name of JCA
 *   cms-envelop KEY CHAIN ALGORITHM DOCUMENT OUT  the same with the document inside
 *   cms-verify CMS DOCUMENT ROOT                  DOCUMENT is - where the CMS has its content
 *   pdf-sign KEY CHAIN ALGORITHM DOCUMENT OUT
 *   pdf-verify PDF ROOT
 */
class Peer {
    static final String BC = BouncyCastleProvider.PROVIDER_NAME;

    static List<X509Certificate> certificates(String path) throws Exception {
        try (InputStream in = new FileInputStream(path)) {
            List<X509Certificate> list = new ArrayList<>();
            for (var c : CertificateFactory.getInstance("X.509").generateCertificates(in))
                list.add((X509Certificate) c);
            return list;
        }
    }

    static PrivateKey key(String path, X509Certificate certificate) throws Exception {
        String algorithm = certificate.getPublicKey().getAlgorithm();
        return KeyFactory.getInstance(algorithm.equals("RSASSA-PSS") ? "RSA" : algorithm, BC)
                .generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(path))));
    }

    static byte[] sign(String key, String chain, String algorithm, CMSTypedData content, boolean inside) throws Exception {
        List<X509Certificate> certificates = certificates(chain);
        X509Certificate own = certificates.get(0);
        byte[] hash = java.security.MessageDigest.getInstance("SHA-256").digest(own.getEncoded());
        ASN1EncodableVector attributes = new ASN1EncodableVector();
        attributes.add(new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(new SigningCertificateV2(new ESSCertIDv2(hash)))));
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider(BC).build())
                .setSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(new AttributeTable(attributes)))
                .build(new JcaContentSignerBuilder(algorithm).setProvider(BC).build(key(key, own)), own));
        generator.addCertificates(new JcaCertStore(certificates));
        return generator.generate(content, inside).getEncoded();
    }

    /** A path to the root and nothing else; without revocation. */
    static void checkPath(X509Certificate own, Store<X509CertificateHolder> enclosed, X509Certificate root) throws Exception {
        List<X509Certificate> list = new ArrayList<>();
        Selector<X509CertificateHolder> all = new Selector<>() {
            public boolean match(X509CertificateHolder c) {
                return true;
            }

            public Object clone() {
                return this;
            }
        };
        for (X509CertificateHolder c : (Collection<X509CertificateHolder>) enclosed.getMatches(all))
            list.add(new JcaX509CertificateConverter().getCertificate(c));
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(own);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), target);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(list)));
        parameters.setRevocationEnabled(false);
        CertPathBuilder.getInstance("PKIX", BC).build(parameters);
    }

    static void verify(CMSSignedData data, X509Certificate root) throws Exception {
        if (data.getSignerInfos().size() == 0)
            throw new IOException("no signer");
        for (SignerInformation signer : data.getSignerInfos().getSigners()) {
            Collection<X509CertificateHolder> found = data.getCertificates().getMatches((Selector<X509CertificateHolder>) signer.getSID());
            X509Certificate own = new JcaX509CertificateConverter().getCertificate(found.iterator().next());
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(own)))
                throw new IOException("the signature does not hold");
            checkPath(own, data.getCertificates(), root);
        }
    }

    static void verifyCms(String cms, String document, String root) throws Exception {
        try (InputStream in = new FileInputStream(cms)) {
            verify(document.equals("-") ? new CMSSignedData(in) : new CMSSignedData(new CMSProcessableFile(Path.of(document).toFile()), in), certificates(root).get(0));
        }
    }

    static void signPdf(String key, String chain, String algorithm, String document, String out) throws Exception {
        try (PDDocument d = PDDocument.load(Path.of(document).toFile()); FileOutputStream o = new FileOutputStream(out)) {
            PDSignature signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(PDSignature.SUBFILTER_ADBE_PKCS7_DETACHED);
            signature.setSignDate(Calendar.getInstance());
            d.addSignature(signature, content -> {
                try {
                    return sign(key, chain, algorithm, new CMSProcessableByteArray(content.readAllBytes()), false);
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }, new SignatureOptions());
            d.saveIncremental(o);
        }
    }

    static void verifyPdf(String pdf, String root) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(pdf));
        try (PDDocument d = PDDocument.load(bytes)) {
            if (d.getSignatureDictionaries().isEmpty())
                throw new IOException("no signature");
            for (PDSignature s : d.getSignatureDictionaries())
                verify(new CMSSignedData(new CMSProcessableByteArray(s.getSignedContent(bytes)), s.getContents(bytes)), certificates(root).get(0));
        }
    }

    static void run(String[] w) throws Exception {
        switch (w[0]) {
            case "cms-sign", "cms-envelop" -> Files.write(Path.of(w[5]), sign(w[1], w[2], w[3], new CMSProcessableFile(Path.of(w[4]).toFile()), w[0].equals("cms-envelop")));
            case "cms-verify" -> verifyCms(w[1], w[2], w[3]);
            case "pdf-sign" -> signPdf(w[1], w[2], w[3], w[4], w[5]);
            case "pdf-verify" -> verifyPdf(w[1], w[2]);
            default -> throw new IOException("no such command");
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                run(line.split("\t"));
                System.out.println("ok");
            } catch (Exception e) {
                System.out.println(("no " + e).replaceAll("\\s+", " "));
            }
            System.out.flush();
        }
    }
}
