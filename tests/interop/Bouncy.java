// SPDX-License-Identifier: LGPL-2.1-or-later
// BouncyCastle's CMS on the command line, for tests.
//
//   verify CMS [CONTENT]                        a line for each signer: its name, whether it holds, its countersigners, its timestamp
//   sign KEY CERT ALGORITHM CONTENT CMS [full]  KEY is PKCS#8 in DER; with `full` the content is inside
//   add KEY CERT ALGORITHM CMS CONTENT OUT      a further signer; CONTENT "-": it is inside
//   countersign KEY CERT ALGORITHM CMS OUT      each signer is countersigned

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.CMSTypedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Store;

public class Bouncy {
        static final BouncyCastleProvider BC = new BouncyCastleProvider();

        static byte[] read(String path) throws Exception {
                return Files.readAllBytes(Path.of(path));
        }

        static X509CertificateHolder certificateOf(Store<X509CertificateHolder> certificates, SignerInformation signer) throws Exception {
                @SuppressWarnings("unchecked")
                Collection<X509CertificateHolder> found = certificates.getMatches(signer.getSID());

                return found.iterator().next();
        }

        static boolean holds(Store<X509CertificateHolder> certificates, SignerInformation signer) throws Exception {
                try {
                        return signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(certificateOf(certificates, signer)));
                } catch (org.bouncycastle.cms.CMSException e) {
                        return false;
                }
        }

        static String name(Store<X509CertificateHolder> certificates, SignerInformation signer) throws Exception {
                return certificateOf(certificates, signer).getSubject().toString();
        }

        static String timestamp(SignerInformation signer) throws Exception {
                AttributeTable unsigned = signer.getUnsignedAttributes();
                Attribute a = unsigned == null ? null : unsigned.get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);

                if (a == null)
                        return "none";
                TimeStampToken token = new TimeStampToken(new CMSSignedData(a.getAttrValues().getObjectAt(0).toASN1Primitive().getEncoded()));
                X509CertificateHolder authority = certificateOf(token.getCertificates(), new CMSSignedData(token.getEncoded()).getSignerInfos().getSigners().iterator().next());

                token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(authority));
                byte[] digest = java.security.MessageDigest.getInstance(token.getTimeStampInfo().getMessageImprintAlgOID().getId(), BC).digest(signer.getSignature());
                return java.util.Arrays.equals(digest, token.getTimeStampInfo().getMessageImprintDigest()) ? authority.getSubject().toString() : "of something else";
        }

        static void verify(CMSSignedData cms) throws Exception {
                for (SignerInformation signer : cms.getSignerInfos().getSigners()) {
                        System.out.print(name(cms.getCertificates(), signer) + " " + holds(cms.getCertificates(), signer) + " timestamp:" + timestamp(signer));
                        for (SignerInformation counter : signer.getCounterSignatures().getSigners())
                                System.out.print(" by:" + name(cms.getCertificates(), counter) + " " + holds(cms.getCertificates(), counter));
                        System.out.println();
                }
        }

        static CMSSignedDataGenerator generator(String[] a) throws Exception {
                X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(Path.of(a[2])));
                PrivateKey key = KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm(), BC).generatePrivate(new PKCS8EncodedKeySpec(read(a[1])));
                ContentSigner signer = new JcaContentSignerBuilder(a[3]).setProvider(BC).build(key);
                CMSSignedDataGenerator generator = new CMSSignedDataGenerator();

                generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider(BC).build()).build(signer,
                                                 new JcaX509CertificateHolder(certificate)));
                generator.addCertificates(new JcaCertStore(List.of(certificate)));
                return generator;
        }

        static CMSSignedData countersign(CMSSignedData cms, CMSSignedDataGenerator generator) throws Exception {
                List<SignerInformation> signers = new ArrayList<>();

                for (SignerInformation signer : cms.getSignerInfos().getSigners())
                        signers.add(SignerInformation.addCounterSigners(signer, generator.generateCounterSigners(signer)));
                cms = CMSSignedData.replaceSigners(cms, new SignerInformationStore(signers));
                Collection<X509CertificateHolder> certificates = new ArrayList<>(cms.getCertificates().getMatches(null));
                certificates.addAll(generator.generate(new CMSProcessableByteArray(new byte[0])).getCertificates().getMatches(null));
                return CMSSignedData.replaceCertificatesAndCRLs(cms, new org.bouncycastle.util.CollectionStore<>(certificates), null, null);
        }

        public static void main(String[] a) throws Exception {
                switch (a[0]) {
                case "verify":
                        verify(a.length > 2 ? new CMSSignedData(new CMSProcessableByteArray(read(a[2])), read(a[1])) : new CMSSignedData(read(a[1])));
                        return;
                case "sign":
                        Files.write(Path.of(a[5]), generator(a).generate(new CMSProcessableByteArray(read(a[4])), a.length > 6).getEncoded());
                        return;
                case "add": {
                        CMSSignedData old = new CMSSignedData(read(a[4]));
                        CMSSignedDataGenerator generator = generator(a);
                        CMSTypedData content = a[5].equals("-") ? old.getSignedContent() : new CMSProcessableByteArray(read(a[5]));

                        generator.addSigners(old.getSignerInfos());
                        generator.addCertificates(old.getCertificates());
                        Files.write(Path.of(a[6]), generator.generate(content, a[5].equals("-")).getEncoded());
                        return;
                }
                default:
                        Files.write(Path.of(a[5]), countersign(new CMSSignedData(read(a[4])), generator(a)).getEncoded());
                }
        }
}
